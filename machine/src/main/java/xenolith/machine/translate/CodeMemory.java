package xenolith.machine.translate;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import xenolith.machine.interpret.Block;

/**
 * The translations that are kept. There are never more than a limit: then the quarter goes that has
 * run least since the last time, so that the JVM unloads the classes. Those whose guest code has
 * changed go sooner or later, too.
 */
final class CodeMemory {
    private static final int MOST = Integer.getInteger("xenolith.translations", 11_000);
    private static final long MOST_BYTES = 30L << 20;

    /** Translations after which it is looked for those that became invalid. */
    private static final int ROUND = 256;

    private final int most;
    private List<Kept> kept = new ArrayList<>();
    private int nextLook = ROUND;
    private long bytes;
    private long evicted;
    private long outdated;

    /** A translation, the bytes of its class file, and the blocks that know it. */
    private record Kept(GuestCode code, int bytes, List<Block> blocks) {}

    CodeMemory() {
        this(MOST);
    }

    /** One that keeps {@code most} translations. */
    CodeMemory(int most) {
        this.most = most;
    }

    /**
     * Keeps {@code code}, with {@code size} bytes, which {@code blocks} know.
     *
     * @return whether translations were let go, which nobody may refer to any more
     */
    boolean add(GuestCode code, int size, Collection<Block> blocks) {
        kept.add(new Kept(code, size, List.copyOf(blocks)));
        bytes += size;
        if (kept.size() <= most && bytes <= MOST_BYTES && kept.size() < nextLook) {
            return false;
        }
        int before = kept.size();
        dropInvalid();
        outdated += before - kept.size();
        if (kept.size() > most || bytes > MOST_BYTES) {
            int valid = kept.size();
            evict();
            evicted += valid - kept.size();
        }
        nextLook = kept.size() + ROUND;
        return kept.size() < before;
    }

    private void evict() {
        int quarter = kept.size() / 4 + 1;
        // What is new had no time to run.
        List<Kept> byUse = new ArrayList<>(kept.subList(0, Math.max(quarter, kept.size() / 2)));
        byUse.sort(Comparator.comparingLong(k -> k.code.work - k.code.workBefore));
        for (Kept k : byUse.subList(0, quarter)) {
            k.code.invalidate();
        }
        dropInvalid();
        for (Kept k : kept) {
            k.code.workBefore = k.code.work;
        }
    }

    private void dropInvalid() {
        List<Kept> left = new ArrayList<>();
        bytes = 0;
        for (Kept k : kept) {
            if (k.code.valid()) {
                left.add(k);
                bytes += k.bytes;
            } else {
                k.blocks.forEach(Block::forgetInvalid);
            }
        }
        kept = left;
    }

    /** The translations, of which some may have become invalid. */
    List<GuestCode> codes() {
        return kept.stream().map(Kept::code).toList();
    }

    /** Translations that are kept, what they take, and what became of the others. */
    String statistics() {
        return "%d kept with %d bytes, %d evicted, %d outdated"
                .formatted(kept.size(), bytes, evicted, outdated);
    }
}
