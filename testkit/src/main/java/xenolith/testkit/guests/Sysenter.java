package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * SYSENTER in user mode enters the sysenter callback on processors of Intel's; those of AMD's do
 * not know it in long mode and raise #UD. CPUID tells which processor this is.
 */
final class Sysenter implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(4, RAX, 0).cpuid().mov(k.variable("vendor"), RBX);
        k.user(() -> a.sysenter());
        String amd = a.fresh("amd");
        String done = a.fresh("done");
        a.cmp(4, Mem.at("vendor"), 0x756e_6547L).j(Cond.NE, amd);
        k.expectVector(0x101, "SYSENTER on an Intel processor");
        a.jmp(done).label(amd);
        k.expectFault(6, -1, "SYSENTER on an AMD processor");
        a.label(done);
    }
}
