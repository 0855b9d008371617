package xenolith.testkit.net;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDX;

import java.util.List;
import java.util.function.Consumer;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/**
 * A guest whose front end does one wrong thing, looks at the answers, connects its card anew and
 * sends a frame in good order, which must be taken.
 */
public final class HostileCard {
    private static final int TX = NetKit.TX_REF;
    private static final int SPARE = 300;
    private static final int UNUSED = 20;
    private static final int PERMIT = 1;
    private static final int READ_ONLY = 4;

    private final String name;
    private final String why;
    private final Consumer<Hand> deed;

    private HostileCard(String name, String why, Consumer<Hand> deed) {
        this.name = name;
        this.why = why;
        this.deed = deed;
    }

    /** What it does, in a word or two. */
    public String name() {
        return name;
    }

    /** Words of the sentence with which its card is switched off; empty if it stays on. */
    public String why() {
        return why;
    }

    /** The ELF image of a guest with card {@code number}. */
    public byte[] image(int number) {
        GuestKit k = new GuestKit(name);
        NetKit net = new NetKit(k);
        Hand hand = new Hand(k, net);
        k.begin();
        net.begin();
        good(k, number);
        net.rings();
        net.connect();
        deed.accept(hand);
        net.disconnect();
        net.rings();
        net.connect();
        hand.request(0, TX, 0, 0, Hand.ARP_LENGTH);
        hand.produce(1);
        hand.answered(0, Hand.OKAY, "a good frame");
        k.pass();
        net.routines();
        return k.image();
    }

    /** The first page to send from holds a frame that any bridge takes. */
    private static void good(GuestKit k, int number) {
        byte[] frame = new Bytes(16).repeat(0xff, 6).mac(number).u16(0x0806).bytes();
        for (int i = 0; i < frame.length; i++) {
            k.a.mov(1, Mem.at("tx_pages", i), frame[i]);
        }
    }

    private static HostileCard of(String name, String why, Consumer<Hand> deed) {
        return new HostileCard(name, why, deed);
    }

    /** One of each. */
    public static List<HostileCard> all() {
        return List.of(
                of("random index", "more requests than", h -> h.produce(0x1234_5678)),
                of("index backwards", "more requests than", h -> h.produce(-1)),
                of("bad grants", "", HostileCard::badGrants),
                of("long request", "end of its page", HostileCard::longRequest),
                of("long part", "end of its page", HostileCard::longPart),
                of("endless extra info", "extra info is announced", HostileCard::endlessExtra),
                of("unknown extra info", "extra info of type 9", h -> extra(h, 9, 0)),
                of("segments of no bytes", "segments of no bytes", h -> extra(h, Hand.GSO, 0)),
                of("unknown segments", "segments of type", h -> extra(h, Hand.GSO, 7 << 16 | 99)),
                of("segments of ARP", "", HostileCard::segmentsOfArp),
                of("endless parts", "more than 20 parts", HostileCard::endlessParts),
                of("parts beyond the whole", "", HostileCard::partsBeyond),
                of("short frames", "", HostileCard::shortFrames),
                of("a group that is none", "", HostileCard::noGroup),
                of("bad pages", "", HostileCard::badPages),
                of("random index of pages", "more pages to receive", HostileCard::randomPages),
                of("its ring as a page", "more pages to receive", HostileCard::ringAsPage),
                of("grants taken back", "", HostileCard::grantsTakenBack),
                of("bad nodes", "", HostileCard::badNodes));
    }

    private static void badGrants(Hand h) {
        h.grant(SPARE, PERMIT, 5, 0x100);
        h.grant(SPARE + 1, PERMIT, 0, 0xffff_fff0L);
        h.grant(SPARE + 2, 0, 0, 0x100);
        h.grant(SPARE + 3, PERMIT, 0, 0);
        // whose frame it is, is left to chance: not the guest's, most likely
        h.grant(SPARE + 4, PERMIT, 0, 1);
        int[] refs = {SPARE, SPARE + 1, SPARE + 2, SPARE + 3, 5000, -1, Integer.MIN_VALUE};
        for (int i = 0; i < refs.length; i++) {
            h.request(i, refs[i], 0, 0, Hand.ARP_LENGTH);
        }
        h.request(refs.length, SPARE + 4, 0, 0, Hand.ARP_LENGTH);
        h.produce(refs.length + 1);
        for (int i = 0; i < refs.length; i++) {
            h.answered(i, Hand.ERROR, "grant " + refs[i]);
        }
    }

    private static void longRequest(Hand h) {
        h.request(0, TX, 0, 0, Hand.ARP_LENGTH);
        h.request(1, TX, 4000, 0, 200);
        h.produce(2);
    }

    private static void longPart(Hand h) {
        h.request(0, TX, 0, Hand.MORE_DATA, 65_535);
        h.request(1, TX, 65_535, 0, 65_535);
        h.produce(2);
    }

    private static void endlessExtra(Hand h) {
        h.request(0, TX, 0, Hand.EXTRA_INFO, Hand.ARP_LENGTH);
        for (int i = 1; i < NetKit.SLOTS; i++) {
            h.extra(i, Hand.GSO, Hand.MORE, 1448);
        }
        h.produce(NetKit.SLOTS);
    }

    private static void extra(Hand h, int type, int union) {
        h.request(0, TX, 0, Hand.EXTRA_INFO, Hand.ARP_LENGTH);
        h.extra(1, type, 0, union);
        h.produce(2);
    }

    private static void segmentsOfArp(Hand h) {
        extra(h, Hand.GSO, 1 << 16 | 1);
        h.answered(0, Hand.OKAY, "segments of one byte");
    }

    private static void endlessParts(Hand h) {
        for (int i = 0; i < NetKit.SLOTS; i++) {
            h.request(i, TX, 0, Hand.MORE_DATA, i == 0 ? 65_535 : 1);
        }
        h.produce(NetKit.SLOTS);
    }

    private static void partsBeyond(Hand h) {
        h.request(0, TX, 0, Hand.MORE_DATA, 100);
        h.request(1, TX, 0, Hand.MORE_DATA, 4096);
        h.request(2, TX, 0, 0, 4096);
        h.produce(3);
        for (int i = 0; i < 3; i++) {
            h.answered(i, Hand.ERROR, "part");
        }
    }

    private static void shortFrames(Hand h) {
        for (int i = 0; i < 14; i++) {
            h.request(i, TX, 0, 0, i);
        }
        h.produce(14);
        for (int i = 0; i < 14; i++) {
            h.answered(i, Hand.ERROR, "a frame of " + i + " bytes");
        }
    }

    private static void noGroup(Hand h) {
        h.request(0, TX, 0, Hand.EXTRA_INFO, Hand.ARP_LENGTH);
        h.extra(1, Hand.MCAST_ADD, 0, 0x3e1600);
        h.produce(2);
        h.answered(0, Hand.ERROR, "a card's address as a group");
    }

    /**
     * Pages that are not there, are another domain's, may only be read, or are page tables: a back
     * end that wrote there would change the guest's own mappings.
     */
    private static void badPages(Hand h) {
        h.grant(SPARE, PERMIT, 7, 0x100);
        h.k.mfnOf("rx_pages");
        h.grantFrame(SPARE + 1, PERMIT | READ_ONLY);
        h.a.mov(RAX, Mem.at("cr3_mfn"));
        h.grantFrame(SPARE + 2, PERMIT);
        h.k.l1EntryOf("rx_pages");
        h.a.mov(RAX, RDX).shr(RAX, 12);
        h.grantFrame(SPARE + 3, PERMIT);
        int[] refs = {SPARE, SPARE + 1, SPARE + 2, SPARE + 3, 5000, -1, UNUSED};
        for (int i = 0; i < NetKit.SLOTS; i++) {
            h.page(i, refs[i % refs.length]);
        }
        h.receive(NetKit.RX_PAGES);
        for (int i = NetKit.RX_PAGES - 2 * refs.length; i < NetKit.RX_PAGES; i++) {
            h.lost(i, "page by grant " + refs[i % refs.length]);
        }
    }

    private static void randomPages(Hand h) {
        h.pages(0x4321_8765);
        h.net.wait(2000);
    }

    private static void ringAsPage(Hand h) {
        for (int i = 0; i < NetKit.SLOTS; i++) {
            h.page(i, NetKit.RX_RING_REF);
        }
        h.net.wait(2000);
    }

    /** The back end keeps what it has mapped, and nothing else. */
    private static void grantsTakenBack(Hand h) {
        h.grant(NetKit.TX_RING_REF, 0, 0, 0);
        h.grant(NetKit.RX_RING_REF, 0, 0, 0);
        h.grant(TX + 1, 0, 0, 0);
        h.request(0, TX + 1, 0, 0, Hand.ARP_LENGTH);
        h.request(1, TX, 0, 0, Hand.ARP_LENGTH);
        h.produce(2);
        h.answered(0, Hand.ERROR, "a page taken back");
        h.answered(1, Hand.OKAY, "rings taken back while mapped");
        h.k.mfnOf("tx_ring");
        h.grantFrame(NetKit.TX_RING_REF, PERMIT);
        h.k.mfnOf("rx_ring");
        h.grantFrame(NetKit.RX_RING_REF, PERMIT);
    }

    private static void badNodes(Hand h) {
        h.net.disconnect();
        String[][] nodes = {
            {"tx-ring-ref", "4294967295"},
            {"tx-ring-ref", "-1"},
            {"tx-ring-ref", "5000"},
            {"rx-ring-ref", "rubbish"},
            {"event-channel", "4095"},
            {"event-channel", "0"},
            {"multi-queue-num-queues", "1000000"},
            {"request-rx-copy", "0"},
        };
        for (String[] node : nodes) {
            h.net.connectWith(node[0], node[1]);
            h.net.disconnect();
        }
        h.net.node("multi-queue-num-queues", "1");
        h.k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
    }
}
