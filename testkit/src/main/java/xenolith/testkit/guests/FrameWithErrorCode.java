package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;

/**
 * Exceptions with an error code have it between R11 and RIP, so that the frame is one word longer;
 * its place is still found by rounding first and pushing then.
 */
final class FrameWithErrorCode implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(k.variable("sp"), RSP);
        k.attempt(() -> a.mov(RAX, 0x8000_0000_0000L).mov(RAX, Mem.at(RAX)));
        k.expectFault(13, 0, "non-canonical read");
        a.mov(RCX, Mem.at("sp")).and(RCX, -16).sub(RCX, 64);
        k.expectSame(Mem.at("exc_frame"), RCX, "address of the frame");
    }
}
