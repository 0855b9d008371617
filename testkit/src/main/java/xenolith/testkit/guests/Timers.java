package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/** The timer of tiny guests. */
final class Timers {
    private Timers() {}

    static void bindTimer(GuestKit k) {
        Assembler a = k.a;
        k.area("virq", 16);
        a.mov(Mem.at("virq"), 0);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_VIRQ, "virq");
        k.expectResult(0, "bind_virq of the timer");
        a.mov(Mem.at("shared", Xen.EVTCHN_MASK), 0);
        k.hypercall(Xen.VCPU_OP, 7, 0, 0);
        k.expectResult(0, "stop_periodic_timer");
        a.mov(1, Mem.at("shared", Xen.UPCALL_PENDING), 0);
        a.mov(Mem.at("shared", Xen.PENDING_SEL), 0);
        clear(k);
        a.mov(k.variable("evt_count"), 0);
    }

    static void clear(GuestKit k) {
        k.a.mov(Mem.at("shared", Xen.EVTCHN_PENDING), 0);
    }

    /** RAX = system time; again, if the clock was set meanwhile. */
    static void now(GuestKit k) {
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        String again = k.a.fresh("again");
        k.a.label(again).mov(4, RCX, Mem.at("shared", Xen.TIME));
        k.a.mov(k.variable("time_version"), RCX);
        k.a.rdtsc().shl(RDX, 32).or(RAX, RDX).sub(RAX, Mem.at("shared", Xen.TIME + 8));
        String right = k.a.fresh("right");
        String scaled = k.a.fresh("scaled");
        k.a.movzx(RCX, 1, Mem.at("shared", Xen.TIME + 28)).cmp(1, RCX, 0).j(Cond.S, right);
        k.a.raw(0x48, 0xd3, 0xe0).jmp(scaled);
        k.a.label(right).neg(RCX).raw(0x48, 0xd3, 0xe8).label(scaled);
        k.a.mov(4, RCX, Mem.at("shared", Xen.TIME + 24)).mul(RCX);
        k.a.shr(RAX, 32).shl(RDX, 32).or(RAX, RDX).add(RAX, Mem.at("shared", Xen.TIME + 16));
        k.a.mov(4, RCX, Mem.at("shared", Xen.TIME)).cmp(RCX, Mem.at("time_version"));
        k.a.j(Cond.NE, again);
    }

    static void block(GuestKit k) {
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_BLOCK, 0);
    }
}
