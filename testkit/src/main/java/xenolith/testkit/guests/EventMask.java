package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;

import xenolith.testkit.asm.Mem;

/**
 * While the mask byte is set an event makes no upcall, only the pending byte. Once the guest clears
 * the mask, the next hypercall delivers it on its way out; the handler is entered with the mask set
 * and the old mask in the frame.
 */
final class EventMask implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        Ports.bindIpi(k);
        a.mov(k.variable("evt_count"), 0);
        Ports.send(k);
        k.expectResult(0, "send");
        k.expect(Mem.at("evt_count"), 0, "upcalls while masked");
        k.sharedByte(Xen.UPCALL_PENDING);
        k.expect(RAX, 1, "pending byte");
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        k.hypercall(Xen.XEN_VERSION, 0, 0);
        k.expect(Mem.at("evt_count"), 1, "upcalls once unmasked");
        k.expect(Mem.at("evt_mask"), 1, "mask inside the handler");
        k.expect(Mem.at("evt_cs"), Xen.KERNEL_CS, "CS and old mask in the frame");
        k.sharedByte(Xen.UPCALL_MASK);
        k.expect(RAX, 0, "mask after the handler");
    }
}
