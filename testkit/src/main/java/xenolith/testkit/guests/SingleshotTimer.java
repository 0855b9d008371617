package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * set_singleshot_timer wakes a blocked vCPU at its absolute time, not earlier; a time that has
 * passed fires at once, also with the flag "future", which Xen 4.17 no longer knows.
 */
final class SingleshotTimer implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        Timers.bindTimer(k);
        k.area("single", 16);
        Timers.now(k);
        a.add(RAX, 2_000_000)
                .mov(R12, RAX)
                .mov(Mem.at("single"), RAX)
                .mov(4, Mem.at("single", 8), 1);
        a.mov(RDI, 8).mov(RSI, 0).lea(RDX, "single");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "set_singleshot_timer");
        k.expect(Mem.at("evt_count"), 0, "upcalls before the time");
        Timers.block(k);
        k.expect(Mem.at("evt_count"), 1, "upcalls");
        Timers.now(k);
        a.cmp(RAX, R12).set(Cond.GE, Mem.at(k.area("late", 8)));
        k.expect(Mem.at("late"), 1, "time reached");
        Timers.clear(k);
        a.mov(Mem.at("single"), 1);
        a.mov(RDI, 8).mov(RSI, 0).lea(RDX, "single");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "a time that has passed, with the flag");
        k.expect(Mem.at("evt_count"), 2, "upcalls with a time that has passed");
    }
}
