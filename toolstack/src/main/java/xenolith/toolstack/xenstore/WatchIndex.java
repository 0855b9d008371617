package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All watches, found by the path that changed and not one by one. */
final class WatchIndex {
    /** Is told that the watched path or one below has changed. */
    @FunctionalInterface
    interface Receiver {
        /**
         * The change of {@code path}.
         *
         * @param cause the request that brought it about, if it is charged to a domain
         */
        void changed(String path, @Nullable Outstanding cause);
    }

    /**
     * A watch.
     *
     * @param sequence orders those of a client
     * @param path absolute or special
     * @param caller whose right to know is asked for
     */
    record Entry(long sequence, String path, Caller caller, Receiver receiver) {}

    private final Map<String, List<Entry>> byPath = new HashMap<>();
    private long sequence;

    Entry add(String path, Caller caller, Receiver receiver) {
        Entry entry = new Entry(sequence++, path, caller, receiver);
        byPath.computeIfAbsent(path, p -> new ArrayList<>()).add(entry);
        return entry;
    }

    void remove(Entry entry) {
        List<Entry> same = byPath.get(entry.path());
        if (same != null && same.remove(entry) && same.isEmpty()) {
            byPath.remove(entry.path());
        }
    }

    /** Those of {@code path} itself and, unless {@code exact}, of what is above; in order. */
    List<Entry> matching(String path, boolean exact) {
        List<Entry> found = new ArrayList<>(byPath.getOrDefault(path, List.of()));
        if (exact || path.startsWith("@")) {
            return found;
        }
        for (String at = path; !at.equals("/"); ) {
            at = StorePath.parent(at);
            found.addAll(byPath.getOrDefault(at, List.of()));
        }
        found.sort(Comparator.comparingLong(Entry::sequence));
        return found;
    }
}
