package xenolith.hypervisor.host;

import java.util.SplittableRandom;
import xenolith.abi.xen.Gnttab;
import xenolith.abi.xen.Hypercall;

/** Calls of grant_table_op, and what a guest writes into its grant table meanwhile. */
final class GrantMaker extends GuestValues {
    private static final int[] OPERATIONS = {0, 1, 2, 3, 5, 5, 6, 7, 8, 9, 10, 11, 12};
    private static final int FLAGS_SHIFT = 16;

    GrantMaker(SplittableRandom random, TestHost.Guest g, int[] domids) {
        super(random, g, domids);
    }

    HypercallMaker.Call any() {
        entryOfTable();
        entryOfTable();
        long cmd =
                rarely()
                        ? small(16)
                        : random.nextInt(9) == 0
                                ? 4
                                : OPERATIONS[random.nextInt(OPERATIONS.length)];
        return new HypercallMaker.Call(
                Hypercall.GRANT_TABLE_OP, cmd, lay(operation((int) cmd)), rarely() ? small(4) : 1);
    }

    private Arguments operation(int cmd) {
        long ref = small(34);
        long who = random.nextInt(3) == 0 ? domid() : peer();
        Arguments a = args();
        return switch (cmd) {
            case 0 -> {
                int odd = random.nextInt(32);
                int flags = odd == 0 ? (int) odd() : random.nextInt(32) | Gnttab.HOST_MAP;
                long where = (flags & Gnttab.CONTAINS_PTE) != 0 ? slot() : va();
                yield a.u64(where).u32(flags).u32(ref).u16(who).u16(0).u32(0).u64(0);
            }
            case 1, 7 -> a.u64(va()).u64(random.nextBoolean() ? 0 : va()).u32(small(6)).u32(0);
            case 2 -> a.u16(domid()).u32(small(4)).u16(0).word(list(0, 0, 0, 0));
            case 9 -> a.u32(small(3)).u16(domid()).u16(0).word(list(0, 0, 0, 0));
            case 4 -> a.word(mfn()).u16(who).u32(ref).u16(0);
            case 5 -> copy(a, who, ref);
            case 6 -> a.u16(domid()).u32(0).u32(0).u32(0);
            case 8 -> a.u32(1 + random.nextInt(2));
            case 10 -> a.u16(domid()).u32(0);
            case 12 -> a.u64(mfn() << 12).u16(small(4096)).u16(small(4096)).u32(small(4));
            default -> a.u32(ref).u32(small(34)).u32(0);
        };
    }

    private Arguments copy(Arguments a, long who, long ref) {
        long flags = random.nextInt(4);
        long offset = random.nextInt(2) * 64L;
        for (int side = 1; side <= 2; side++) {
            boolean byGrant = (flags & side) != 0;
            a.word(byGrant ? ref : mfn()).u16(byGrant ? who : 0x7ff0).u16(offset);
        }
        return a.u16(small(512)).u16(flags).u16(0);
    }

    /** Changes an entry of the guest's grant table, as it may at any time. */
    private void entryOfTable() {
        var table = g.d.grants;
        if (table.frameCount() == 0) {
            return;
        }
        boolean second = table.version() == 2;
        long odd = random.nextInt(1 << 12);
        long type = 1L + (second && random.nextInt(3) == 0 ? 2 : 0);
        long flags = random.nextInt(4) == 0 ? odd : type + 4L * random.nextInt(2);
        if (second && type == 1 && random.nextInt(4) == 0) {
            flags |= Gnttab.SUB_PAGE;
        }
        long at = (table.frame(0) << 12) + (second ? 16L : 8L) * random.nextInt(32);
        long header = flags & 0xffff | domid() << FLAGS_SHIFT & 0xffff_0000L;
        if (!second) {
            g.d.hypervisor.memory.put64(at, header | mfn() << 32);
            return;
        }
        // Whose grant is passed on, or which part of the page it is.
        long passed = peer() & 0xffffL;
        long part = small(4096) & 0xffff | (small(4096) & 0xffff) << 16;
        g.d.hypervisor.memory.put64(at, header | (type == 3 ? passed : part) << 32);
        g.d.hypervisor.memory.put64(at + 8, type == 3 ? small(34) : mfn());
    }
}
