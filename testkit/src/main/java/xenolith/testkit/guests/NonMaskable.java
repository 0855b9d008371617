package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R11;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * send_nmi enters the handler of vector 2 although events are masked; one that nmi_op registered
 * likewise. Until that returns by iret the next one waits; without a handler it is lost.
 */
final class NonMaskable implements TinyGuest {
    private static final int NMI_OP = 28;
    private static final int SEND_NMI = 11;
    private static final int NMI = 2;

    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        k.attempt(() -> send(k, 0));
        k.expectVector(NMI, "send_nmi");
        send(k, 8);
        k.expectResult(Xen.EINVAL, "send_nmi with an argument");
        a.lea(RAX, "nmi_entry").mov(Mem.at(k.area("nmi_args", 16)), RAX);
        k.hypercallOn(NMI_OP, 0, "nmi_args");
        k.expectResult(0, "nmi_op");
        send(k, 0);
        k.expect(k.variable("nmis"), 2, "NMIs: the second one came while the first was handled");
        k.hypercallOn(NMI_OP, 1, "nmi_args");
        k.expectResult(0, "unregistering");
        send(k, 0);
        k.expectResult(0, "send_nmi without a handler");
        k.expect(Mem.at("nmis"), 2, "NMIs without a handler");
        k.pass();
        a.label("nmi_entry").pop(RCX).pop(R11);
        String second = a.fresh("second");
        a.inc(Mem.at("nmis")).cmp(Mem.at("nmis"), 2);
        a.j(Cond.E, second);
        send(k, 0);
        k.expect(Mem.at("nmis"), 1, "NMIs within the handler");
        a.label(second).mov(RAX, 0).push(0).push(RCX).push(R11).push(RAX).jmp("iret");
    }

    private static void send(GuestKit k, long arg) {
        k.hypercall(Xen.VCPU_OP, SEND_NMI, 0, arg);
    }
}
