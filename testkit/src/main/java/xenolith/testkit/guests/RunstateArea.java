package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * A registered runstate area shows the state (0 while running) and the time spent in each state; it
 * grows while the vCPU runs, and blocked time counts as blocked.
 */
final class RunstateArea implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("runstate", 48);
        k.area("where", 8);
        a.lea(RAX, "runstate").mov(Mem.at("where"), RAX).mov(Mem.at("runstate", 16), -1);
        a.mov(RDI, 5).mov(RSI, 0).lea(RDX, "where");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "register_runstate_memory_area");
        a.mov(4, RCX, Mem.at("runstate"));
        k.expect(RCX, 0, "state");
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        Timers.bindTimer(k);
        a.mov(R12, Mem.at("runstate", 32));
        Timers.now(k);
        a.add(RAX, 3_000_000).mov(RDI, RAX);
        k.hypercall(Xen.SET_TIMER_OP);
        Timers.block(k);
        a.mov(RCX, Mem.at("runstate", 32)).sub(RCX, R12).cmp(RCX, 2_000_000);
        a.set(Cond.GE, Mem.at(k.area("slept", 8)));
        k.expect(Mem.at("slept"), 1, "time spent blocked");
    }
}
