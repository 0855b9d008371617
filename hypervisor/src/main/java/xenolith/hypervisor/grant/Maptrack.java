package xenolith.hypervisor.grant;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A domain's own mappings of other domains' grants, by handle. */
public final class Maptrack {
    /** Mappings that a domain may have at once: Xen's default of 1024 frames of them. */
    public static final int MAX_MAPPINGS = 1024 * 256;

    private final List<@Nullable Mapping> mappings = new ArrayList<>();
    private final Deque<Integer> freeHandles = new ArrayDeque<>();

    /**
     * A mapping that this domain made.
     *
     * @param granter the table it comes from
     * @param ref reference in the granter's table
     * @param mfn the frame
     * @param hostAddr where it was mapped
     * @param flags GNTMAP_* of the request; device_map and host_map go with their parts
     */
    public record Mapping(GrantTable granter, int ref, long mfn, long hostAddr, int flags) {}

    Maptrack() {}

    /** Keeps {@code m} and returns its handle. */
    public int add(Mapping m) {
        Integer handle = freeHandles.poll();
        if (handle != null) {
            mappings.set(handle, m);
            return handle;
        }
        mappings.add(m);
        return mappings.size() - 1;
    }

    /** Whether {@link #add} may be called. */
    public boolean hasRoom() {
        return mappings.size() < MAX_MAPPINGS || !freeHandles.isEmpty();
    }

    /** The mapping with {@code handle} (any value), or null. */
    public @Nullable Mapping mapping(long handle) {
        return handle < 0 || handle >= mappings.size() ? null : mappings.get((int) handle);
    }

    /** Replaces what {@code handle} stands for; null to free it. */
    public void replace(int handle, @Nullable Mapping m) {
        mappings.set(handle, m);
        if (m == null) {
            freeHandles.add(handle);
        }
    }

    /** All live mappings, by handle. */
    public List<Mapping> all() {
        List<Mapping> live = new ArrayList<>();
        mappings.stream()
                .filter(Objects::nonNull)
                .forEach(m -> live.add(Objects.requireNonNull(m)));
        return live;
    }

    void clear() {
        mappings.clear();
        freeHandles.clear();
    }
}
