package xenolith.testkit.net;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;

/** Emits what writes to the rings of a card by hand. Slots count from 0 on, after a connection. */
final class Hand {
    /** NETIF_RSP_ERROR and NETIF_RSP_OKAY. */
    static final int ERROR = -1;

    static final int OKAY = 0;

    // Flags of requests.
    static final int MORE_DATA = 4;
    static final int EXTRA_INFO = 8;

    // Extra info.
    static final int GSO = 1;
    static final int MCAST_ADD = 2;
    static final int MORE = 1;

    /** Frames of the smallest kind: those of ARP. */
    static final int ARP_LENGTH = 42;

    private static final int YIELDS = 50;

    final GuestKit k;
    final NetKit net;
    final Assembler a;

    Hand(GuestKit k, NetKit net) {
        this.k = k;
        this.net = net;
        this.a = k.a;
    }

    private static Mem tx(int slot, int offset) {
        return Mem.at("tx_ring", NetKit.RING + (long) slot * NetKit.TX_SLOT + offset);
    }

    /** Puts a request to send into {@code slot}. */
    void request(int slot, int gref, int offset, int flags, int size) {
        a.mov(4, tx(slot, 0), gref).mov(4, tx(slot, 4), offset | flags << 16);
        a.mov(4, tx(slot, 8), slot | size << 16);
    }

    /** Puts extra info into {@code slot}: {@code union} are the first four bytes of its union. */
    void extra(int slot, int type, int flags, int union) {
        a.mov(4, tx(slot, 0), type | flags << 8 | union << 16);
        a.mov(4, tx(slot, 4), union >>> 16).mov(4, tx(slot, 8), 0);
    }

    /** Says that there are {@code count} requests to send, and lets the back end look at them. */
    void produce(int count) {
        a.mov(4, Mem.at("tx_ring", NetKit.REQ_PROD), count);
        net.kick();
        net.wait(YIELDS);
    }

    /** Fails unless request {@code slot} was answered by {@code status}. */
    void answered(int slot, int status, String what) {
        a.mov(4, RCX, Mem.at("tx_ring", NetKit.RSP_PROD));
        String enough = a.fresh("enough");
        a.cmp(RCX, slot).j(Cond.A, enough);
        k.fail(what + ": no answer");
        a.label(enough).mov(4, RCX, tx(slot, 0));
        k.expect(RCX, slot | (status & 0xffffL) << 16, what);
    }

    /** Puts a page to receive to into {@code slot}. */
    void page(int slot, int gref) {
        Mem at = Mem.at("rx_ring", NetKit.RING + (long) slot * NetKit.RX_SLOT);
        a.mov(RAX, (long) gref << 32 | slot).mov(at, RAX);
    }

    /** Says that there are {@code count} pages to receive to. */
    void pages(int count) {
        a.mov(4, Mem.at("rx_ring", NetKit.REQ_PROD), count);
        net.kick();
    }

    /** Waits for {@code count} frames, or what came instead. */
    void receive(int count) {
        String next = a.fresh("receive");
        a.label(next);
        net.wait(1);
        a.mov(4, RAX, Mem.at("rx_ring", NetKit.RSP_PROD)).cmp(4, RAX, count).j(Cond.B, next);
    }

    /** Fails unless the frame for the page in {@code slot} could not be stored. */
    void lost(int slot, String what) {
        Mem at = Mem.at("rx_ring", NetKit.RING + (long) slot * NetKit.RX_SLOT + 6);
        a.movzx(RCX, 2, at);
        k.expect(RCX, ERROR & 0xffff, what);
    }

    /** Sets the domain's own grant {@code ref}: flags, whose it is, and the frame. */
    void grant(int ref, int flags, int domid, long frame) {
        a.mov(RAX, frame << 32 | (long) domid << 16 | flags);
        a.mov(Mem.at("grants", 8L * ref), RAX);
    }

    /** Grants the page of the frame in RAX to domain 0 by {@code ref}. */
    void grantFrame(int ref, int flags) {
        a.shl(RAX, 32).or(RAX, flags).mov(Mem.at("grants", 8L * ref), RAX);
    }
}
