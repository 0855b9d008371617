package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/** A multicall gives each call its own result and goes on after a failure; its own result is 0. */
final class MulticallResults implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("calls", 192);
        long[] numbers = {Xen.XEN_VERSION, 60, Xen.XEN_VERSION};
        for (int i = 0; i < 3; i++) {
            a.mov(Mem.at("calls", 64L * i), numbers[i]).mov(Mem.at("calls", 64L * i + 8), 0x5555);
        }
        a.lea(RDI, "calls").mov(RSI, 3);
        k.hypercall(Xen.MULTICALL);
        k.expectResult(0, "multicall");
        k.expect(Mem.at("calls", 64 + 8), Xen.ENOSYS, "a call that does not exist");
        k.expectSame(Mem.at("calls", 8), Mem.at("calls", 136), "two calls of xen_version");
        a.mov(RCX, Mem.at("calls", 8)).shr(RCX, 16);
        k.expect(RCX, 4, "major version");
    }
}
