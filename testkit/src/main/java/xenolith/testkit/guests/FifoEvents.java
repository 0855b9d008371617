package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * The FIFO ABI: a control block and words for events; an event is linked behind the one before it,
 * or at the head of the queue of its priority, and one upcall comes for both queues' ready bits.
 */
final class FifoEvents implements TinyGuest {
    private static final int LINKED = 1 << 29;
    private static final int PENDING = 1 << 31;
    private static final int EXPAND_ARRAY = 12;
    private static final int INIT_CONTROL = 11;
    private static final int SET_PRIORITY = 13;
    private static final int BLOCK = 128;

    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("control", 4096);
        k.area("words", 4096);
        k.area("args", 32);
        // The upcall is held back so that the pages can be looked at.
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        setPriority(k, 1, 3);
        k.expectResult(Xen.ENOSYS, "set_priority on the 2-level ABI");
        k.mfnOf("control");
        a.mov(Mem.at("args"), RAX).mov(Mem.at("args", 8), BLOCK).mov(Mem.at("args", 16), -1);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, INIT_CONTROL, "args");
        k.expectResult(0, "init_control");
        a.movzx(RCX, 1, Mem.at("args", 16));
        k.expect(RCX, 17, "link bits");
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, INIT_CONTROL, "args");
        k.expectResult(Xen.EINVAL, "init_control again");
        k.mfnOf("words");
        a.mov(Mem.at("args"), RAX);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, EXPAND_ARRAY, "args");
        k.expectResult(0, "expand_array");
        forgetEarlierEvents(k);
        bind(k, "first");
        bind(k, "second");
        bind(k, "third");
        a.mov(RAX, Mem.at("third")).mov(4, Mem.at("args"), RAX).mov(4, Mem.at("args", 4), 0);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, SET_PRIORITY, "args");
        k.expectResult(0, "set_priority");
        send(k, "first");
        send(k, "second");
        send(k, "third");
        a.mov(4, RCX, Mem.at("control", BLOCK));
        k.expect(RCX, 1 << 7 | 1, "ready queues");
        a.mov(4, RCX, Mem.at("control", BLOCK + 8 + 4 * 7));
        k.expectSame(RCX, Mem.at("first"), "head of the default queue");
        a.mov(4, RCX, Mem.at("control", BLOCK + 8));
        k.expectSame(RCX, Mem.at("third"), "head of the first queue");
        word(k, "first");
        a.mov(RAX, Mem.at("second")).or(RAX, LINKED).shl(RCX, 33).shr(RCX, 33);
        k.expectSame(RCX, RAX, "the first event's word");
        word(k, "third");
        k.expect(RCX, (PENDING | LINKED) & 0xffff_ffffL, "the third event's word");
        k.sharedByte(Xen.UPCALL_PENDING);
        k.expect(RAX, 1, "upcall pending");
        k.expect(Mem.at("evt_count"), 0, "events while they are masked");
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        k.hypercall(Xen.XEN_VERSION, 0, 0);
        k.expect(Mem.at("evt_count"), 1, "upcalls");
    }

    /** The console's event, which came before the words, is linked and waits. */
    private static void forgetEarlierEvents(GuestKit k) {
        k.a.mov(4, RCX, Mem.at("control", BLOCK));
        k.expect(RCX, 1 << 7, "queues that events from before made ready");
        k.a.mov(4, RAX, Mem.at("control", BLOCK + 8 + 4 * 7));
        k.a.lea(RCX, "words").mov(4, Mem.at(RCX, RAX, 4, 0), 0);
        k.a.mov(4, Mem.at("control", BLOCK), 0);
        k.a.mov(1, Mem.at("shared", Xen.UPCALL_PENDING), 0).mov(Mem.at("evt_count"), 0);
    }

    private static void setPriority(GuestKit k, int port, int priority) {
        k.a.mov(4, Mem.at("args"), port).mov(4, Mem.at("args", 4), priority);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, SET_PRIORITY, "args");
    }

    private static void bind(GuestKit k, String name) {
        k.a.mov(4, Mem.at("args"), 0);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_IPI, "args");
        k.expectResult(0, "bind_ipi");
        k.a.mov(4, RAX, Mem.at("args", 4)).mov(k.variable(name), RAX);
    }

    private static void send(GuestKit k, String name) {
        k.a.mov(RAX, Mem.at(name)).mov(4, Mem.at("args"), RAX);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "args");
        k.expectResult(0, "send");
    }

    /** RCX = the word of the event. */
    private static void word(GuestKit k, String name) {
        k.a.mov(RAX, Mem.at(name)).lea(RCX, "words").mov(4, RCX, Mem.at(RCX, RAX, 4, 0));
    }
}
