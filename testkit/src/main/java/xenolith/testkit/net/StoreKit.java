package xenolith.testkit.net;

import static xenolith.testkit.asm.Reg.R8;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import java.util.ArrayList;
import java.util.List;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/**
 * A xenstore client for tiny guests: writes of nodes below the domain's own folder, one at a time
 * (public/io/xs_wire.h). Numbers of ports, which the guest learns when it runs, are written with
 * leading zeros.
 */
public final class StoreKit {
    private static final int STORE_MFN = 56;
    private static final int STORE_EVTCHN = 64;

    private static final int XS_WRITE = 11;
    private static final int XS_ERROR = 16;
    private static final int HEADER = 16;
    private static final int DIGITS = 5;

    private static final int RING = 1024;
    private static final int REQ_PROD = 2052;
    private static final int RSP_CONS = 2056;
    private static final int RSP_PROD = 2060;

    private final GuestKit k;
    private final Assembler a;
    private final List<Message> messages = new ArrayList<>();

    private record Message(String label, String path, String value) {}

    /** A client whose code is emitted by {@code k}. */
    public StoreKit(GuestKit k) {
        this.k = k;
        this.a = k.a;
    }

    /** Emits what finds the ring. */
    public void begin() {
        a.mov(RSI, Mem.at("start_info"));
        a.mov(RAX, Mem.at(RSI, STORE_MFN)).mov(RDX, Xen.M2P);
        a.mov(RAX, Mem.at(RDX, RAX, 8, 0)).shl(RAX, 12).mov(k.variable("store"), RAX);
        a.mov(4, RAX, Mem.at(RSI, STORE_EVTCHN)).mov(k.variable("store_port"), RAX);
    }

    /** Emits a write of {@code value} to {@code path}, which must succeed. */
    public void write(String path, String value) {
        Message message = new Message(a.fresh("message"), path, value);
        messages.add(message);
        send(message);
    }

    /** Emits a write of the number in the 64-bit variable {@code variable}, below 100,000. */
    public void writeNumber(String path, String variable) {
        Message message = new Message(a.fresh("message"), path, "0".repeat(DIGITS));
        messages.add(message);
        a.lea(RSI, message.label).mov(RAX, Mem.at(variable)).mov(RCX, DIGITS);
        a.add(RSI, HEADER + path.length() + DIGITS);
        String next = a.fresh("digit");
        a.label(next).mov(RDX, 0).mov(R8, 10).div(R8);
        a.add(RDX, '0').mov(1, Mem.at(RSI), RDX).dec(RSI).dec(RCX).j(Cond.NE, next);
        send(message);
    }

    private void send(Message message) {
        a.lea(RSI, message.label).mov(RCX, HEADER + message.path.length() + 1);
        a.add(RCX, message.value.length()).call("store_send");
    }

    /** Emits what the calls need; to be called once, where nothing falls through. */
    public void routines() {
        // RSI: message, RCX: its length. The ring is empty: one message at a time.
        a.label("store_send").mov(R8, Mem.at("store")).mov(4, RDX, Mem.at(R8, REQ_PROD));
        a.label("store_next").movzx(RAX, 1, Mem.at(RSI)).mov(RDI, RDX).and(RDI, RING - 1);
        a.mov(1, Mem.at(R8, RDI, 1, 0), RAX).inc(RSI).inc(RDX).dec(RCX).j(Cond.NE, "store_next");
        a.mov(4, Mem.at(R8, REQ_PROD), RDX);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "store_port");
        a.label("store_wait").mov(R8, Mem.at("store"));
        a.mov(4, RDX, Mem.at(R8, RSP_PROD)).mov(4, RCX, Mem.at(R8, RSP_CONS));
        a.alu(5, 4, RDX, RCX).cmp(RDX, HEADER).j(Cond.B, "store_yield");
        lowByte(0);
        a.cmp(RAX, XS_ERROR).j(Cond.E, "store_refused");
        lowByte(12);
        a.add(RAX, HEADER).cmp(RDX, RAX).j(Cond.B, "store_yield");
        a.add(RCX, RAX).mov(4, Mem.at(R8, RSP_CONS), RCX).ret();
        a.label("store_yield");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.jmp("store_wait").label("store_refused");
        k.fail("xenstore refused a write");
        for (Message message : messages) {
            a.align(4).label(message.label);
            int length = message.path.length() + 1 + message.value.length();
            a.data(XS_WRITE, 4).data(0, 4).data(0, 4).data(length, 4);
            a.text(message.path).text(message.value);
        }
    }

    /**
     * RAX = the low byte, which is enough for answers to writes, of the word {@code offset} of the
     * answer, which lies at RCX in the ring.
     */
    private void lowByte(int offset) {
        a.mov(RDI, RCX).add(RDI, offset).and(RDI, RING - 1);
        a.movzx(RAX, 1, Mem.at(R8, RDI, 1, RING));
    }
}
