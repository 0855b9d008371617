package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;

/** DIV by zero raises #DE with RIP at the instruction, from both modes, and no error code. */
final class DivideError implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        String site = a.fresh("site");
        k.attempt(() -> a.mov(RCX, 0).mov(RDX, 0).label(site).div(RCX));
        k.expectFault(0, -1, "DIV in kernel mode");
        k.expectAddress(Mem.at("exc_rip"), site, "RIP");
        k.user(() -> a.mov(RCX, 1).mov(RDX, 1).div(RCX));
        k.expectFault(0, -1, "a quotient that does not fit, in user mode");
    }
}
