package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

/**
 * fpu_taskswitch(1) sets CR0.TS: the next SSE or x87 instruction raises #NM, and the hypervisor
 * clears TS before the guest's handler runs, so that a second try works.
 */
final class TaskSwitchedFlag implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.hypercall(Xen.FPU_TASKSWITCH, 1);
        k.expectResult(0, "fpu_taskswitch");
        k.attempt(() -> a.movFromCr(RCX, 0));
        k.expectVector(-1, "MOV from CR0");
        a.and(RCX, 8);
        k.expect(RCX, 8, "CR0.TS");
        k.attempt(() -> a.movq(3, RBX));
        k.expectFault(7, -1, "SSE with TS set");
        k.attempt(() -> a.mov(RBX, 0x55).movq(3, RBX).movq(RCX, 3));
        k.expectVector(-1, "SSE after #NM");
        k.expect(RCX, 0x55, "what went through XMM3");
    }
}
