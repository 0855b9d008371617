package xenolith.hypervisor.memory;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Takes back the frames of dead domains a step at a time, so that no other domain has to wait for
 * it: first their pinned tables let go of what they name, then the frames are freed. Until then the
 * domains' numbers are taken.
 *
 * <p>Called with the lock of the frame table held.
 */
final class Reaper {
    /** Work of one step: entries of tables that are let go of, or frames that are freed. */
    private static final int BATCH = 1024;

    /** Frames of the machine that one step looks at. */
    private static final int LOOKS = 1 << 16;

    private final FrameTable f;
    private final Deque<DomainMemory> dead = new ArrayDeque<>();

    /** Frame at which the first of {@link #dead} is, and whether its tables are gone. */
    private int at;

    private boolean unpinned;

    Reaper(FrameTable frames) {
        f = frames;
    }

    /** {@code d} is dead: none of its vCPUs holds anything any more. */
    void add(DomainMemory d) {
        dead.addLast(d);
    }

    /** Whether {@code d} still keeps its number for that. */
    boolean has(DomainMemory d) {
        return dead.contains(d);
    }

    boolean done() {
        return dead.isEmpty();
    }

    /** Frames of dead domains, which will be free unless others hold them. */
    long pages() {
        long pages = 0;
        for (DomainMemory d : dead) {
            pages += d.totalPages();
        }
        return pages;
    }

    /** Does all that is to be done. */
    void finish() {
        while (!dead.isEmpty()) {
            step(Integer.MAX_VALUE);
        }
    }

    /** Does the next bit, of some hundred microseconds at most. */
    void step() {
        if (!dead.isEmpty()) {
            step(BATCH);
        }
    }

    private void step(int work) {
        DomainMemory d = dead.getFirst();
        int end = (int) Math.min(f.frames(), at + (work == BATCH ? LOOKS : f.frames()));
        boolean through = unpinned ? free(d, end, work) : unpin(d, end, work);
        if (!through || at < f.frames()) {
            return;
        }
        at = 0;
        if (unpinned) {
            dead.removeFirst();
            f.unregisterIfGone(d);
        }
        unpinned = !unpinned;
    }

    /** Unpins tables before frame {@code end}; false if the work allowed was done before. */
    private boolean unpin(DomainMemory d, int end, int work) {
        PageTypes types = f.types();
        types.allow(work);
        try {
            while (d.putOldTables()) {
                at = next(d, end, FrameTable.PINNED | FrameTable.PARTIAL);
                if (at == end) {
                    return true;
                }
                if (f.pinned(at)) {
                    types.unpin(at);
                } else {
                    types.letGoOn(at);
                }
                if (types.exhausted()) {
                    return false;
                }
            }
            return false;
        } finally {
            types.allowAll();
        }
    }

    /** Frees frames before frame {@code end}; false if the work allowed was done before. */
    private boolean free(DomainMemory d, int end, int work) {
        for (int n = 0; n < work; n++) {
            at = next(d, end, FrameTable.ALLOCATED);
            if (at == end) {
                return true;
            }
            f.dropAllocation(at++);
        }
        return false;
    }

    /** The next frame of {@code d} with any of {@code flags} that is no shared one, or end. */
    private int next(DomainMemory d, int end, int flags) {
        int domid = d.domid();
        int mfn = at;
        while (mfn < end
                && (f.owner[mfn] != domid || (f.flags[mfn] & flags) == 0 || f.isShared(mfn))) {
            mfn++;
        }
        return mfn;
    }
}
