package xenolith.testkit.guests;

import xenolith.testkit.asm.Mem;

/**
 * An event that comes in user mode switches to the registered kernel stack, as an exception does,
 * and the frame shows user mode. Here iret itself unmasks it: it must be delivered before the first
 * instruction of the user program.
 */
final class EventInUserMode implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        Ports.bindIpi(k);
        a.mov(k.variable("evt_count"), 0);
        Ports.send(k);
        String start = a.fresh("first");
        k.user(() -> a.label(start).nop());
        k.expectVector(0x100, "the user program ended");
        k.expect(Mem.at("evt_count"), 1, "upcalls");
        k.expect(Mem.at("evt_cs"), Xen.USER_CS, "CS in the frame");
        k.expectAddress(Mem.at("evt_rip"), start, "RIP in the frame");
    }
}
