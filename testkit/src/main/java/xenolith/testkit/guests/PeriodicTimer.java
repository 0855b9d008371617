package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * set_periodic_timer raises the timer again and again, while the vCPU runs, until
 * stop_periodic_timer.
 */
final class PeriodicTimer implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        Timers.bindTimer(k);
        k.area("period", 8);
        a.mov(Mem.at("period"), 1_000_000).mov(RDI, 6).mov(RSI, 0).lea(RDX, "period");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "set_periodic_timer");
        String tick = a.fresh("tick");
        a.label(tick);
        Timers.clear(k);
        Timers.now(k);
        a.cmp(Mem.at("evt_count"), 5).j(Cond.L, tick);
        k.expect(Mem.at("evt_count"), 5, "upcalls");
        k.hypercall(Xen.VCPU_OP, 7, 0, 0);
        k.expectResult(0, "stop_periodic_timer");
        Timers.clear(k);
        Timers.now(k);
        a.mov(R12, RAX).add(R12, 5_000_000);
        String wait = a.fresh("wait");
        a.label(wait);
        Timers.now(k);
        a.cmp(RAX, R12).j(Cond.L, wait);
        k.expect(Mem.at("evt_count"), 5, "upcalls after stopping");
    }
}
