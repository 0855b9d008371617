package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * The runstate area of a 32-bit guest has its times at multiples of 4: state, entry time at 4,
 * times at 12; 44 bytes in all.
 */
final class Runstate32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.area("runstate", 64);
        a.lea(RAX, "runstate").mov(Mem.at(k.area("where", 8)), RAX);
        a.mov(Mem.at("runstate", 44), 0x5555).mov(Mem.at("runstate"), 7);
        a.mov(RBX, 5).mov(RCX, 0).lea(RDX, "where");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "register_runstate_memory_area");
        k.expect(Mem.at("runstate"), 0, "running");
        k.expect(Mem.at("runstate", 44), 0x5555, "behind it");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.mov(RCX, Mem.at("runstate", 12)).or(RCX, Mem.at("runstate", 16));
        String ran = a.fresh("ran");
        a.test(RCX, RCX).j(Cond.NE, ran);
        k.expect(RCX, -1, "time spent running").a.label(ran);
    }
}
