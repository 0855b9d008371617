package xenolith.testkit.net;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GrantKit;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/**
 * The front end of a network card (public/io/netif.h) for tiny guests: one queue, one event
 * channel, no scatter-gather. Rings are at {@code tx_ring} and {@code rx_ring}, pages to send from
 * at {@code tx_pages}, page {@code i} of them granted by {@link #TX_REF} + i, pages to receive to
 * at {@code rx_pages}, by {@link #RX_REF} + i.
 */
public final class NetKit {
    /** Pages to send from, a power of two. */
    public static final int TX_PAGES = 32;

    /** Pages to receive to, a power of two. */
    public static final int RX_PAGES = 64;

    public static final int TX_RING_REF = 8;
    public static final int RX_RING_REF = 9;
    public static final int TX_REF = 32;
    public static final int RX_REF = TX_REF + TX_PAGES;

    /** Slots of either ring. */
    public static final int SLOTS = 256;

    /** Bytes of a slot of the transmit ring. */
    public static final int TX_SLOT = 12;

    /** Bytes of a slot of the receive ring. */
    public static final int RX_SLOT = 8;

    public static final int REQ_PROD = 0;
    public static final int REQ_EVENT = 4;
    public static final int RSP_PROD = 8;
    public static final int RSP_EVENT = 12;

    /** Where the slots begin. */
    public static final int RING = 64;

    /** GTF_permit_access. */
    private static final int PERMIT_ACCESS = 1;

    private static final int PAGE = 4096;
    private static final String DEVICE = "device/vif/0/";

    private final GuestKit k;
    private final Assembler a;
    private final StoreKit store;
    private final GrantKit grants;

    /** A front end whose code is emitted by {@code k}. */
    public NetKit(GuestKit k) {
        this.k = k;
        this.a = k.a;
        this.store = new StoreKit(k);
        this.grants = new GrantKit(k);
    }

    /** Emits what finds the store, grants the pages to domain 0 and gets a port. */
    public void begin() {
        store.begin();
        grants.mapTable();
        grant("tx_ring", TX_RING_REF, 1);
        grant("rx_ring", RX_RING_REF, 1);
        grant("tx_pages", TX_REF, TX_PAGES);
        grant("rx_pages", RX_REF, RX_PAGES);
        String args = k.area("port_args", 16);
        a.mov(4, Mem.at(args), Xen.DOMID_SELF);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_ALLOC_UNBOUND, args);
        k.expectResult(0, "alloc_unbound");
        a.mov(4, RAX, Mem.at(args, 4)).mov(k.variable("vif_port"), RAX);
    }

    /** Grants {@code count} pages at the new area {@code label} by {@code ref} and those after. */
    private void grant(String label, int ref, int count) {
        k.area(label, PAGE * count);
        // RSI: the p2m entry of the next page, RDI: its grant
        a.mov(RSI, Mem.at("start_info")).mov(RSI, Mem.at(RSI, Xen.MFN_LIST));
        a.lea(RAX, label).shr(RAX, 12).lea(RSI, Mem.at(RSI, RAX, 8, 0));
        a.lea(RDI, Mem.at("grants", 8L * ref)).mov(RCX, count);
        String next = a.fresh("grant");
        a.label(next).mov(RAX, Mem.at(RSI)).shl(RAX, 32).or(RAX, PERMIT_ACCESS);
        a.mov(Mem.at(RDI), RAX).add(RSI, 8).add(RDI, 8).dec(RCX).j(Cond.NE, next);
    }

    /** Emits what empties both rings and asks for frames by all pages there are for them. */
    public void rings() {
        for (String ring : new String[] {"tx_ring", "rx_ring"}) {
            a.lea(RDI, ring).mov(RCX, PAGE / 8).mov(RAX, 0).repStosq();
            a.mov(4, Mem.at(ring, REQ_EVENT), 1).mov(4, Mem.at(ring, RSP_EVENT), 1);
        }
        String next = a.fresh("post");
        a.lea(RDI, Mem.at("rx_ring", RING)).mov(RCX, 0);
        a.label(next).mov(RAX, RCX).add(RAX, RX_REF).shl(RAX, 32).or(RAX, RCX);
        a.mov(Mem.at(RDI), RAX).add(RDI, RX_SLOT).inc(RCX).cmp(RCX, RX_PAGES).j(Cond.NE, next);
        a.mov(4, Mem.at("rx_ring", REQ_PROD), RX_PAGES);
        a.mov(k.variable("tx_prod"), 0).mov(k.variable("tx_cons"), 0);
        a.mov(k.variable("rx_prod"), RX_PAGES).mov(k.variable("rx_cons"), 0);
    }

    /** Emits what offers the rings to the back end. */
    public void connect() {
        nodes();
        state(4);
    }

    /** Emits what offers the rings, but with {@code value} in the node {@code name}. */
    public void connectWith(String name, String value) {
        nodes();
        node(name, value);
        state(4);
    }

    private void nodes() {
        node("tx-ring-ref", Integer.toString(TX_RING_REF));
        node("rx-ring-ref", Integer.toString(RX_RING_REF));
        store.writeNumber(DEVICE + "event-channel", "vif_port");
        node("request-rx-copy", "1");
        node("feature-rx-notify", "1");
    }

    /** Emits what writes {@code value} to the device's node {@code name}. */
    public void node(String name, String value) {
        store.write(DEVICE + name, value);
    }

    /** Emits what ends the connection, so that the back end is ready for the next. */
    public void disconnect() {
        state(6);
        state(1);
    }

    private void state(int state) {
        node("state", Integer.toString(state));
    }

    /** Emits what tells the back end. */
    public void kick() {
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "vif_port");
    }

    /** Emits what lets the back end work: a number of yields. */
    public void wait(int yields) {
        String next = a.fresh("wait");
        a.mov(k.variable("yields"), yields).label(next);
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.dec(Mem.at("yields")).j(Cond.NE, next);
    }

    /** Emits what the calls need; to be called once, where nothing falls through. */
    public void routines() {
        store.routines();
        send();
    }

    /**
     * {@code net_room}: RDI = the next page to send from, or 0 if all are under way. {@code
     * net_send}: sends RCX bytes of it.
     */
    private void send() {
        a.label("net_room").mov(4, RAX, Mem.at("tx_prod")).mov(4, RDX, RAX);
        a.alu(5, 4, RDX, Mem.at("tx_ring", RSP_PROD)).mov(RDI, 0);
        a.cmp(4, RDX, TX_PAGES).j(Cond.AE, "net_full");
        a.and(RAX, TX_PAGES - 1).shl(RAX, 12).lea(RDI, "tx_pages").add(RDI, RAX);
        a.label("net_full").ret();

        // RSI: the slot; the request's id is the number of its page
        a.label("net_send").mov(4, RAX, Mem.at("tx_prod")).mov(4, RDX, RAX);
        a.and(RAX, SLOTS - 1).lea(RSI, Mem.at(RAX, RAX, 2, 0)).shl(RSI, 2);
        a.lea(RAX, Mem.at("tx_ring", RING)).add(RSI, RAX);
        a.mov(RAX, RDX).and(RAX, TX_PAGES - 1);
        a.mov(4, Mem.at(RSI, 8), RAX).mov(2, Mem.at(RSI, 10), RCX).add(RAX, TX_REF);
        a.mov(Mem.at(RSI), RAX).inc(RDX).mov(4, Mem.at("tx_prod"), RDX);
        a.mov(4, Mem.at("tx_ring", REQ_PROD), RDX);
        // an event, if the back end waits for this request
        a.alu(7, 4, RDX, Mem.at("tx_ring", REQ_EVENT)).j(Cond.NE, "net_sent");
        kick();
        a.label("net_sent").ret();
    }
}
