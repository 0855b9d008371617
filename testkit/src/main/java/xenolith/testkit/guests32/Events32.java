package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * A port's bits lie in words of 32, and a selector bit stands for 32 ports. The upcall masks events
 * and shows in its frame that they were not; the iret call takes the mask from EFLAGS.IF.
 */
final class Events32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        a.mov(Mem.at(k.area("ipi", 8)), 0);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_IPI, "ipi");
        k.expectResult(0, "bind_ipi");
        a.mov(RAX, Mem.at("ipi", 4)).mov(Mem.at(k.area("port", 4)), RAX);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_UNMASK, "port");
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "port");
        k.expect(Mem.at("shared", Xen32.PENDING_SEL), 1, "the selector");
        k.expect(k.variable("evt_count"), 0, "upcalls while masked");
        a.mov(RCX, Mem.at("port")).bt(Mem.at("shared", Xen32.EVTCHN_PENDING), RCX);
        String pending = a.fresh("pending");
        a.j(Cond.B, pending);
        k.expect(RCX, -1, "the port's pending bit").a.label(pending);
        a.mov(1, Mem.at("shared", Xen32.UPCALL_MASK), 0);
        k.hypercall(Xen.XEN_VERSION, 0, 0);
        k.expect(Mem.at("evt_count"), 1, "upcalls");
        k.expect(Mem.at("evt_sel"), 1, "the selector that the handler saw");
        k.expect(Mem.at("evt_cs"), Xen32.KERNEL_CS, "CS and mask in the frame");
        a.mov(RCX, Mem.at("evt_flags")).and(RCX, 0x200);
        k.expect(RCX, 0x200, "IF in the frame");
        a.movzx(RCX, 1, Mem.at("shared", Xen32.UPCALL_MASK));
        k.expect(RCX, 0, "the mask behind iret");
        // A timer far away, in two registers, and one that fires.
        k.hypercall(Xen.SET_TIMER_OP, 0, 1);
        k.expectResult(0, "set_timer_op");
        k.hypercall(Xen.SET_TIMER_OP, 0, 0);
    }
}
