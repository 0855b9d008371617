package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;

import xenolith.testkit.asm.Mem;

/**
 * sched_op block clears the event mask and then, if an event is pending, returns at once with the
 * upcall made: nothing is lost between looking and sleeping.
 */
final class BlockWithPendingEvent implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        Ports.bindIpi(k);
        a.mov(k.variable("evt_count"), 0);
        Ports.send(k);
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_BLOCK, 0);
        k.expectResult(0, "block");
        k.expect(Mem.at("evt_count"), 1, "upcalls");
        k.sharedByte(Xen.UPCALL_MASK);
        k.expect(RAX, 0, "mask after block");
    }
}
