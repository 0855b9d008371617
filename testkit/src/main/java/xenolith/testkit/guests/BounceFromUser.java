package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R11;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * An exception in user mode is bounced on the stack that stack_switch registered; CS keeps its low
 * two bits, and the old stack pointer is in the frame.
 */
final class BounceFromUser implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        String site = a.fresh("site");
        k.user(() -> a.mov(RCX, 0x3333).mov(R11, 0x4444).label(site).ud2());
        k.expectFault(6, -1, "#UD in user mode");
        k.expect(Mem.at("exc_rcx"), 0x3333, "RCX in the frame");
        k.expect(Mem.at("exc_r11"), 0x4444, "R11 in the frame");
        k.expectAddress(Mem.at("exc_rip"), site, "RIP in the frame");
        k.expect(Mem.at("exc_cs"), Xen.USER_CS, "CS in the frame");
        k.expect(Mem.at("exc_ss"), Xen.FLAT_SS, "SS in the frame");
        a.lea(RCX, Mem.at("exc_stack", 8192 - 56));
        k.expectSame(Mem.at("exc_frame"), RCX, "address of the frame");
        a.lea(RCX, Mem.at("user_stack", 4096));
        k.expectSame(Mem.at("exc_rsp"), RCX, "RSP in the frame");
    }
}
