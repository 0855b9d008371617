package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RSI;

/**
 * A hypercall that does not exist is ENOSYS, never a fault; arguments and callee-saved registers
 * stay.
 */
final class UnknownHypercalls implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(RBX, 0x1111).mov(R12, 0x2222);
        for (int number : new int[] {45, 63, 64, 0x7fff_ffff, -1}) {
            k.hypercall(number);
            k.expectResult(Xen.ENOSYS, "hypercall " + number);
        }
        k.expect(RBX, 0x1111, "RBX");
        k.expect(R12, 0x2222, "R12");
        a.mov(RDI, 4).mov(RSI, 0x8000_0000_0000L);
        k.hypercall(Xen.EVENT_CHANNEL_OP);
        k.expectResult(-14, "a pointer to nowhere");
    }
}
