package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RBX;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Mem;

/** Event channels of tiny guests. */
final class Ports {
    private Ports() {}

    /** A port to itself, in {@code port} and in RBX. */
    static void bindIpi(GuestKit k) {
        Assembler a = k.a;
        k.area("port", 8);
        k.area("ipi", 8);
        a.mov(Mem.at("ipi"), 0);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_IPI, "ipi");
        k.expectResult(0, "bind_ipi");
        a.mov(4, RBX, Mem.at("ipi", 4)).mov(Mem.at("port"), RBX);
        a.mov(Mem.at("shared", Xen.EVTCHN_MASK), 0);
        a.mov(1, Mem.at("shared", Xen.UPCALL_PENDING), 0);
        a.mov(Mem.at("shared", Xen.PENDING_SEL), 0);
    }

    static void send(GuestKit k) {
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "port");
    }
}
