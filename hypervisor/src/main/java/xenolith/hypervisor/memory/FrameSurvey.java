package xenolith.hypervisor.memory;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.LongStream;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.control.FrameSnapshot;
import xenolith.hypervisor.control.PhysicalMap;

/** Takes a {@link FrameSnapshot}. */
public final class FrameSurvey {
    private FrameSurvey() {}

    /** The frames of {@code f} now. */
    public static FrameSnapshot of(FrameTable f) {
        f.lock().lock();
        try {
            int n = f.owner.length;
            boolean[] pinned = new boolean[n];
            boolean[] shared = new boolean[n];
            long[] pfn = new long[n];
            int[] mappers = new int[n + 1];
            for (int mfn = 0; mfn < n; mfn++) {
                pinned[mfn] = f.pinned(mfn);
                shared[mfn] = f.isShared(mfn);
                pfn[mfn] = f.m2p().pfn(mfn);
            }
            visitEntries(f, (mfn, at) -> mappers[mfn + 1]++);
            for (int mfn = 0; mfn < n; mfn++) {
                mappers[mfn + 1] += mappers[mfn];
            }
            long[] entries = new long[mappers[n]];
            int[] next = Arrays.copyOf(mappers, n);
            visitEntries(f, (mfn, at) -> entries[next[mfn]++] = at);
            return new FrameSnapshot(
                    f.owner.clone(),
                    f.type.clone(),
                    f.count.clone(),
                    f.typeCount.clone(),
                    pinned,
                    shared,
                    pfn,
                    mappers,
                    entries);
        } finally {
            f.lock().unlock();
        }
    }

    /** The pages of domain {@code domid} that have a PFN, by PFN. */
    public static PhysicalMap pages(FrameTable f, int domid) {
        f.lock().lock();
        try {
            long[] mfns =
                    LongStream.range(0, f.frames())
                            .filter(m -> f.owner(m) == domid && !f.isShared(m))
                            .filter(m -> f.m2p().pfn(m) >= 0)
                            .boxed()
                            .sorted(Comparator.comparingLong(f.m2p()::pfn))
                            .mapToLong(Long::longValue)
                            .toArray();
            return new PhysicalMap(LongStream.of(mfns).map(f.m2p()::pfn).toArray(), mfns);
        } finally {
            f.lock().unlock();
        }
    }

    @FunctionalInterface
    private interface EntryVisitor {
        void entry(int mfn, long at);
    }

    private static void visitEntries(FrameTable f, EntryVisitor visitor) {
        for (int table = 0; table < f.owner.length; table++) {
            int type = f.type[table];
            if (!PageType.isTable(type) || !f.validated(table)) {
                continue;
            }
            for (int slot = 0; slot < PageTables.ENTRIES; slot++) {
                long entry = f.memory().get64(((long) table << Pte.PAGE_SHIFT) + 8L * slot);
                boolean guests = EntryRules.guestSlot(type, slot);
                if (guests && (entry & Pte.P) != 0 && f.valid(Pte.mfn(entry))) {
                    visitor.entry((int) Pte.mfn(entry), table * 512L + slot);
                }
            }
        }
    }
}
