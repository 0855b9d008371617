package xenolith.hypervisor.host;

import java.util.SplittableRandom;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Gnttab;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;

/**
 * Makes hypercalls of one guest by chance, most of them nearly right: it knows the shapes of the
 * arguments and lays them into the guest's pages 8 to 15.
 */
final class HypercallMaker {
    /** A call in registers. */
    record Call(long number, long... arguments) {}

    private static final int FIRST_SCRATCH = 8;
    private static final int SCRATCH_PAGES = 8;
    private static final int FIRST_FREE = FIRST_SCRATCH + SCRATCH_PAGES;
    private static final int[] EVENTS = {0, 0, 0, 1, 3, 4, 4, 5, 6, 6, 6, 7, 8, 9, 10, 11, 12, 13};
    private static final int[] LISTS = {0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 12};

    private final SplittableRandom random;
    private final FrameTable frames;
    private final TestHost.Guest g;
    private final int[] domids;

    /** Where the next argument goes. */
    private long next;

    HypercallMaker(SplittableRandom random, TestHost.Guest g, int[] domids) {
        this.random = random;
        this.g = g;
        this.frames = g.d.hypervisor.frames;
        this.domids = domids;
    }

    // ---- values ------------------------------------------------------------------------------

    private boolean rarely() {
        return random.nextInt(24) == 0;
    }

    private long odd() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -1L - random.nextInt(8192);
            case 3 -> 0xffff_8000_0000_0000L + random.nextInt(1 << 20) - 4096;
            default -> random.nextInt(1 << 16);
        };
    }

    private long small(int bound) {
        return rarely() ? odd() : random.nextInt(bound);
    }

    private int page() {
        int pages = g.mfns.length;
        return random.nextInt(12) == 0
                ? random.nextInt(pages)
                : FIRST_FREE + random.nextInt(pages - FIRST_FREE);
    }

    private long mfn() {
        return rarely() ? odd() : g.mfns[page()];
    }

    private long va() {
        return rarely() ? odd() : (long) page() << 12;
    }

    private long domid() {
        return switch (random.nextInt(6)) {
            case 0, 1, 2 -> 0x7ff0;
            case 3 -> rarely() ? odd() & 0xffff : 0x7ff1 + random.nextInt(3);
            default -> rarely() ? random.nextInt(9) : peer();
        };
    }

    /** One of the domains that take part. */
    private int peer() {
        return domids[random.nextInt(domids.length)];
    }

    private long entry() {
        long flags = random.nextInt(4) == 0 ? 0 : Pte.P;
        flags |= random.nextInt(3) == 0 ? Pte.RW : 0;
        flags |= random.nextBoolean() ? Pte.U : 0;
        flags |= rarely() ? 1L << random.nextInt(12) : 0;
        flags |= rarely() ? 1L << 52 + random.nextInt(12) : 0;
        return mfn() << 12 & Pte.ADDRESS | flags;
    }

    // ---- the guest's memory ------------------------------------------------------------------

    /** The guest stores 8 bytes, if it may. */
    private void poke(long va, long value) {
        int page = (int) (va >>> 12);
        long mfn = g.mfns[page];
        boolean own = frames.owner(mfn) == g.d.domid();
        int type = own ? frames.type(mfn) : PageType.L1;
        if (own && (type == PageType.WRITABLE || frames.typeCount(mfn) == 0)) {
            g.put64(va, value);
        }
    }

    /** Lays {@code words} down and says where. */
    private long words(long... words) {
        long at = FIRST_SCRATCH * 4096L + next;
        for (int i = 0; i < words.length; i++) {
            poke(at + 8L * i, words[i]);
        }
        next = (next + 8L * words.length + 64) % ((SCRATCH_PAGES - 1) * 4096L);
        next &= -8L;
        return rarely() ? odd() : at;
    }

    private static long word(long low, long high) {
        return low & 0xffff_ffffL | high << 32;
    }

    /** Changes an entry of the guest's grant table, as it may at any time. */
    private void grantEntry() {
        var table = g.d.grants;
        if (table.frameCount() == 0) {
            return;
        }
        long flags = random.nextInt(4) == 0 ? random.nextInt(1 << 12) : 1 + 4L * random.nextInt(2);
        long at = (table.frame(0) << 12) + 8L * random.nextInt(32);
        long frame = mfn() & 0xffff_ffffL;
        g.d.hypervisor.memory.put64(at, flags | domid() << 16 & 0xffff_0000L | frame << 32);
    }

    // ---- calls -------------------------------------------------------------------------------

    Call any() {
        return random.nextInt(10) == 0 ? multicall() : one();
    }

    private Call one() {
        return switch (random.nextInt(34)) {
            case 0, 1, 2, 3, 4, 5 -> mmuUpdate();
            case 6, 7, 8 -> mmuext();
            case 9, 10 -> new Call(Hypercall.UPDATE_VA_MAPPING, va(), entry(), small(8));
            case 11 ->
                    new Call(
                            Hypercall.UPDATE_VA_MAPPING_OTHERDOMAIN,
                            va(),
                            entry(),
                            small(8),
                            domid());
            case 12, 13 -> memory();
            case 14, 15, 16, 17, 18 -> grant();
            case 19, 20, 21, 22 -> event();
            case 23, 24 -> vcpu();
            case 25 -> new Call(Hypercall.SET_GDT, words(mfn(), mfn()), small(1024));
            case 26 ->
                    new Call(
                            Hypercall.UPDATE_DESCRIPTOR,
                            (mfn() << 12) + 8L * random.nextInt(4),
                            random.nextBoolean() ? 0x00cf_f300_0000_ffffL : odd());
            case 27 -> sched();
            case 28 -> new Call(Hypercall.VM_ASSIST, small(2), random.nextInt(8) * 4L % 33);
            case 29 -> new Call(Hypercall.XEN_VERSION, small(11), words(0));
            case 30 -> state();
            default -> new Call(small(56), words(odd(), odd()), small(12), odd(), odd(), odd());
        };
    }

    private Call mmuUpdate() {
        int n = 1 + random.nextInt(3);
        long[] requests = new long[2 * n];
        for (int i = 0; i < n; i++) {
            int slot = random.nextInt(8) == 0 ? random.nextInt(512) : 40 + random.nextInt(8);
            requests[2 * i] = (mfn() << 12) + 8L * slot + random.nextInt(3);
            requests[2 * i + 1] = entry();
        }
        long tables = rarely() ? small(4) << 16 : 0;
        long foreign = random.nextInt(8) == 0 ? domid() : 0x7ff0;
        return new Call(Hypercall.MMU_UPDATE, words(requests), n, words(0), foreign | tables);
    }

    private Call mmuext() {
        long cmd = small(21);
        long arg1 = cmd == 13 || cmd == 7 ? va() : mfn();
        long arg2 = cmd == 13 ? small(600) : cmd == 17 ? mfn() : words(3);
        long[] pair = {word(cmd, 0), arg1, arg2, word(4, 0), mfn(), 0};
        long foreign = random.nextInt(8) == 0 ? domid() : 0x7ff0;
        return new Call(Hypercall.MMUEXT_OP, words(pair), 1 + random.nextInt(2), words(0), foreign);
    }

    private Call memory() {
        long n = random.nextInt(3);
        long order = random.nextInt(8) == 0 ? random.nextInt(12) : 0;
        long list = words(random.nextBoolean() ? mfn() : page(), mfn(), page());
        long cmd = random.nextInt(3) == 0 ? small(30) : new long[] {0, 1, 6, 11}[random.nextInt(4)];
        long to = words(page(), page(), page());
        long arg =
                words(
                        list,
                        n,
                        word(order, 0),
                        domid(),
                        to,
                        n,
                        word(order, 0),
                        0x7ff0,
                        rarely() ? 1 : 0);
        return new Call(Hypercall.MEMORY_OP, cmd, arg);
    }

    private Call grant() {
        grantEntry();
        grantEntry();
        long cmd = rarely() ? small(16) : LISTS[random.nextInt(LISTS.length)];
        long ref = small(34);
        long who = random.nextInt(3) == 0 ? domid() : peer();
        long pte = (mfn() << 12) + 8L * (40 + random.nextInt(8));
        int flags = random.nextInt(32) == 0 ? (int) odd() : random.nextInt(32) | Gnttab.HOST_MAP;
        long where = (flags & Gnttab.CONTAINS_PTE) != 0 ? pte : va();
        long arg =
                switch ((int) cmd) {
                    case 0 -> words(where, word(flags, ref), who & 0xffff, 0);
                    case 1, 7 -> words(where, random.nextBoolean() ? 0 : va(), small(6), 0);
                    case 2, 9 -> words(word(domid(), small(4)), 0, words(0, 0, 0, 0));
                    case 4 -> words(mfn(), word(who & 0xffff, ref), 0);
                    case 5 -> copy(who, ref);
                    case 6 -> words(domid(), 0);
                    case 8 -> words(1 + random.nextInt(2));
                    case 12 -> words(mfn() << 12, word(small(4096), small(4)));
                    default -> words(word(domid(), ref), word(small(34), 0), 0);
                };
        return new Call(Hypercall.GRANT_TABLE_OP, cmd, arg, rarely() ? small(4) : 1);
    }

    private long copy(long who, long ref) {
        long flags = random.nextInt(4);
        long offset = random.nextInt(2) * 64L;
        long source = (flags & 1) != 0 ? ref : mfn();
        long dest = (flags & 2) != 0 ? ref : mfn();
        long from = (flags & 1) != 0 ? who : 0x7ff0;
        long to = (flags & 2) != 0 ? who : 0x7ff0;
        return words(
                source,
                from & 0xffff | offset << 16,
                dest,
                to & 0xffff | offset << 16,
                small(512) & 0xffff | flags << 16);
    }

    private Call event() {
        long cmd = rarely() ? small(14) : EVENTS[random.nextInt(EVENTS.length)];
        long port = small(6);
        long arg =
                switch ((int) cmd) {
                    case 0 -> words(word(domid(), port), 0);
                    case 1 -> words(word(small(24), small(3)), 0);
                    case 6 -> words(word(0x7ff0 | domid() << 16, 0));
                    case 8 -> words(word(port, small(3)));
                    case 5 -> words(word(0x7ff0, port), 0, 0);
                    case 10 -> words(random.nextInt(4) == 0 ? 0x7ff0 : 77);
                    case 11 -> words(mfn(), word(small(64) * 8, small(3)));
                    case 12 -> words(mfn());
                    case 13 -> words(word(port, small(17)));
                    default -> words(word(port, 0), 0);
                };
        return new Call(Hypercall.EVENT_CHANNEL_OP, cmd, arg);
    }

    private Call vcpu() {
        long cmd = small(14);
        long arg =
                switch ((int) cmd) {
                    case 0 -> FIRST_SCRATCH * 4096L; // a context of whatever is there
                    case 5, 13 -> words(va() + 64);
                    case 10 -> words(mfn(), small(64) * 64);
                    default -> words(small(1 << 30), 0);
                };
        return new Call(Hypercall.VCPU_OP, cmd, small(3), arg);
    }

    private Call sched() {
        long list = words(word(small(12), small(12)));
        return switch (random.nextInt(3)) {
            case 0 -> new Call(Hypercall.SCHED_OP, 0, 0);
            case 1 -> new Call(Hypercall.SCHED_OP, 3, words(list, small(3), 1));
            default -> new Call(Hypercall.SCHED_OP, 4 + random.nextInt(5), words(0, 0));
        };
    }

    private Call state() {
        return switch (random.nextInt(6)) {
            case 0 -> new Call(Hypercall.SET_TRAP_TABLE, words(word(14, 0), 0x5000, 0, 0));
            case 1 -> new Call(Hypercall.STACK_SWITCH, small(0x10000), va());
            case 2 -> new Call(Hypercall.SET_DEBUGREG, small(8), odd());
            case 3 -> new Call(Hypercall.SET_SEGMENT_BASE, small(4), odd());
            case 4 -> new Call(Hypercall.SET_TIMER_OP, odd());
            default -> new Call(Hypercall.CALLBACK_OP, small(2), words(small(8), va()));
        };
    }

    private Call multicall() {
        int n = 1 + random.nextInt(4);
        long[] entries = new long[8 * n];
        for (int i = 0; i < n; i++) {
            Call c = one();
            entries[8 * i] = c.number();
            System.arraycopy(c.arguments(), 0, entries, 8 * i + 2, c.arguments().length);
        }
        return new Call(Hypercall.MULTICALL, words(entries), n);
    }
}
