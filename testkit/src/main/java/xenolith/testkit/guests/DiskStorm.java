package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.R14;
import static xenolith.testkit.asm.Reg.R15;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * A hostile front end of a disk: requests of random operations, counts, sectors, segments and
 * grants, some of which are pages of others, read-only ones or none at all; indirect ones whose
 * lists are random, too. Grants, lists and pages change while requests are under way, and the last
 * thing it does is to put nonsense into the ring's indices.
 *
 * <p>It cannot speak xenstore: it prints {@code storm PORT} in hexadecimal, and whoever runs it
 * publishes ring and port for it, and connects.
 */
public final class DiskStorm {
    /** The ring's grant; the eight that follow are what requests name. */
    public static final int RING_REF = 16;

    /** Sectors that most requests stay near: a disk of a MiB. */
    private static final int SECTORS = 2048;

    private static final int GRANTS = 8;
    private static final int READ_ONLY = 4;
    private static final int SLOT_BYTES = 112;

    /** Looks at a full ring before the back end is thought dead. */
    private static final int PATIENCE = 10_000_000;

    private static final int REQ_PROD = 0;
    private static final int REQ_EVENT = 4;
    private static final int RSP_PROD = 8;

    private final GuestKit k = new GuestKit("disk storm");
    private final Assembler a = k.a;

    private DiskStorm() {}

    /** The image of one that puts {@code rounds} requests, random by {@code seed}, not 0. */
    public static byte[] image(int rounds, long seed) {
        DiskStorm storm = new DiskStorm();
        storm.k.begin();
        storm.prepare();
        storm.a.mov(R14, seed).mov(R15, rounds).mov(R13, 0).mov(R12, 0);
        storm.rounds();
        storm.nonsense();
        storm.k.pass();
        storm.random();
        return storm.k.image();
    }

    private void prepare() {
        new GrantKit(k).mapTable();
        k.area("ring", 4096);
        grant(0, "ring", 0, 0);
        grant(1, "data0", 0, 0);
        grant(2, "data1", 0, 0);
        grant(3, "data2", READ_ONLY, 0);
        grant(4, "data3", 0, 5);
        a.mov(4, Mem.at(k.area("port", 8)), Xen.DOMID_SELF);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_ALLOC_UNBOUND, "port");
        k.expectResult(0, "a port for domain 0");
        a.mov(4, RAX, Mem.at("port", 4)).mov(k.variable("send"), RAX);
        k.print("storm ").printHex().print("\n");
        a.label("wait");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.cmp(4, Mem.at("ring", REQ_EVENT), 0).j(Cond.E, "wait");
    }

    /** Lets domain {@code domid} use {@code page}. */
    private void grant(int index, String page, int flags, int domid) {
        k.area(page, 4096);
        k.mfnOf(page);
        long at = 8L * (RING_REF + index);
        a.mov(4, Mem.at("grants", at + 4), RAX);
        a.mov(4, Mem.at("grants", at), domid << 16 | flags | 1);
    }

    private void rounds() {
        a.label("round");
        // While the ring is full: others run, the back end among them.
        a.mov(4, RAX, R13).alu(5, 4, RAX, Mem.at("ring", RSP_PROD));
        a.cmp(4, RAX, 28).j(Cond.B, "room");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.inc(R12).cmp(R12, PATIENCE).j(Cond.B, "round");
        k.fail("the back end answers no more");
        a.label("room").mov(R12, 0);
        slot();
        request();
        a.inc(R13);
        // Some come one by one, some in heaps.
        sometimes(
                4,
                () -> {
                    a.mov(4, Mem.at("ring", REQ_PROD), R13);
                    k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "send");
                });
        a.mov(4, Mem.at("ring", REQ_PROD), R13);
        // What was checked may be something else by the time it is used.
        sometimes(
                2,
                () -> {
                    slot();
                    a.call("random").mov(Mem.at(RBX, 24), RAX);
                });
        sometimes(8, this::changeGrant);
        sometimes(8, this::list);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "send");
        a.dec(R15).j(Cond.NE, "round");
    }

    /** RBX = the slot of request R13. */
    private void slot() {
        a.mov(RAX, R13).and(RAX, 31).mov(RDX, SLOT_BYTES).mul(RDX);
        a.lea(RBX, Mem.at("ring", 64)).add(RBX, RAX);
    }

    /** Fills the slot at RBX. */
    private void request() {
        for (int at = 0; at < SLOT_BYTES; at += 8) {
            a.call("random").mov(Mem.at(RBX, at), RAX);
        }
        mostly(() -> masked(1, Mem.at(RBX, 0), 7, 0));
        mostly(() -> masked(1, Mem.at(RBX, 1), 15, 0));
        mostly(() -> masked(2, Mem.at(RBX, 2), 0x1ff, 0));
        mostly(() -> masked(8, Mem.at(RBX, 16), SECTORS - 1, 0));
        for (int segment = 0; segment < 11; segment++) {
            segment(Mem.at(RBX, 24 + 8 * segment), Mem.at(RBX, 28 + 8 * segment));
        }
    }

    /** A segment of few sectors of one of the pages. */
    private void segment(Mem ref, Mem sectors) {
        mostly(() -> masked(4, ref, GRANTS - 1, RING_REF + 1));
        mostly(() -> {
            a.call("random").and(RAX, 0x0f03).mov(4, sectors, RAX);
        });
    }

    /** The pages are lists of segments, too. */
    private void list() {
        for (int at = 0; at < 128; at += 8) {
            segment(Mem.at("data0", at), Mem.at("data0", at + 4));
        }
    }

    /** One of the grants gets other flags, another user or another frame. */
    private void changeGrant() {
        a.call("random").and(RAX, GRANTS - 1).lea(RCX, "grants");
        a.lea(RBX, Mem.at(RCX, RAX, 8, 8 * (RING_REF + 1)));
        a.call("random").and(RAX, 0x1001f);
        a.mov(4, Mem.at(RBX), RAX);
        sometimes(
                4,
                () -> {
                    a.call("random").and(RAX, 0xffff).mov(4, Mem.at(RBX, 4), RAX);
                });
    }

    /** Stores (random and {@code mask}) + {@code least}. */
    private void masked(int width, Mem to, long mask, int least) {
        a.call("random").and(RAX, mask);
        if (least != 0) {
            a.add(RAX, least);
        }
        a.mov(width, to, RAX);
    }

    /** Does {@code what} three times of four. */
    private void mostly(Runnable what) {
        String not = a.fresh("not");
        a.call("random").and(RAX, 3).j(Cond.E, not);
        what.run();
        a.label(not);
    }

    /** Does {@code what} once of {@code n} times, a power of two. */
    private void sometimes(int n, Runnable what) {
        String not = a.fresh("not");
        a.call("random").and(RAX, n - 1).j(Cond.NE, not);
        what.run();
        a.label(not);
    }

    private void nonsense() {
        a.mov(R12, 64).label("indices");
        for (int at = 0; at < 16; at += 8) {
            a.call("random").mov(Mem.at("ring", at), RAX);
        }
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "send");
        a.dec(R12).j(Cond.NE, "indices");
    }

    /** RAX = the next of R14 (Marsaglia's xorshift); no other register changes. */
    private void random() {
        a.label("random");
        a.mov(RAX, R14).shl(RAX, 13).xor(R14, RAX);
        a.mov(RAX, R14).shr(RAX, 7).xor(R14, RAX);
        a.mov(RAX, R14).shl(RAX, 17).xor(R14, RAX);
        a.mov(RAX, R14).ret();
    }
}
