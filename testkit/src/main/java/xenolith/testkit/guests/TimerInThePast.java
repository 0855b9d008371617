package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/** set_timer_op with a time that has passed fires at once; with 0 it cancels. */
final class TimerInThePast implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        Timers.bindTimer(k);
        k.hypercall(Xen.SET_TIMER_OP, 1);
        k.expectResult(0, "set_timer_op");
        String late = a.fresh("late");
        a.label(late);
        Timers.now(k);
        a.cmp(Mem.at("evt_count"), 1).j(Cond.L, late);
        k.expect(Mem.at("evt_count"), 1, "upcalls");
        Timers.clear(k);
        Timers.now(k);
        a.add(RAX, 1_000_000).mov(RDI, RAX).mov(R12, RAX);
        k.hypercall(Xen.SET_TIMER_OP);
        k.hypercall(Xen.SET_TIMER_OP, 0);
        String wait = a.fresh("wait");
        a.label(wait);
        Timers.now(k);
        a.sub(RAX, 500_000).cmp(RAX, R12).j(Cond.L, wait);
        k.expect(Mem.at("evt_count"), 1, "upcalls of a cancelled timer");
    }
}
