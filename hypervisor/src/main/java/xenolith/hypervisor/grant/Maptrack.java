package xenolith.hypervisor.grant;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A domain's own mappings of other domains' grants, by handle. Handles are given out in Xen's
 * order: each virtual processor has a list of free ones, which grows by a frame of them and keeps
 * its last one; a handle that is put back comes last.
 */
public final class Maptrack {
    /** Mappings that a frame of Xen's has room for. */
    static final int A_FRAME = 256;

    /** Handles that a domain may have: Xen's default of 1024 frames of them. */
    public static final int MAX_HANDLES = 1024 * A_FRAME;

    /** In place of a handle: there is none. */
    public static final int NONE = -1;

    private final List<@Nullable Mapping> mappings = new ArrayList<>();

    /** By handle: the free one behind it, and the virtual processor whose list it belongs to. */
    private int[] next = {};

    private int[] vcpu = {};

    private final List<FreeList> free = new ArrayList<>();

    /** The free handles of one virtual processor. */
    private static final class FreeList {
        int head = NONE;
        int tail = NONE;
    }

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

    // ---- handles -----------------------------------------------------------------------------

    /** A handle for virtual processor {@code id}, or {@link #NONE} if there are too many. */
    public int take(int id) {
        FreeList own = list(id);
        int handle = poll(own);
        if (handle != NONE) {
            return handle;
        }
        if (mappings.size() < MAX_HANDLES) {
            return grow(own, id);
        }
        if (own.tail == NONE) {
            int last = steal(id);
            if (last == NONE) {
                return NONE;
            }
            next[last] = NONE;
            own.tail = last;
            own.head = last;
        }
        return steal(id);
    }

    private FreeList list(int id) {
        while (free.size() <= id) {
            free.add(new FreeList());
        }
        return free.get(id);
    }

    /** The first one, unless it is the last. */
    private int poll(FreeList list) {
        int handle = list.head;
        if (handle == NONE || next[handle] == NONE) {
            return NONE;
        }
        list.head = next[handle];
        return handle;
    }

    /** The first one of a new frame; the rest comes before what is in {@code own}. */
    private int grow(FreeList own, int id) {
        int handle = mappings.size();
        int end = handle + A_FRAME;
        next = Arrays.copyOf(next, end);
        vcpu = Arrays.copyOf(vcpu, end);
        for (int i = handle; i < end; i++) {
            mappings.add(null);
            next[i] = i + 1;
            vcpu[i] = id;
        }
        next[end - 1] = own.head;
        own.head = handle + 1;
        if (own.tail == NONE) {
            own.tail = end - 1;
        }
        return handle;
    }

    /** One of another virtual processor's; Xen begins with any of them. */
    private int steal(int id) {
        for (int i = 0; i < free.size(); i++) {
            int handle = poll(free.get((id + i) % free.size()));
            if (handle != NONE) {
                vcpu[handle] = id;
                return handle;
            }
        }
        return NONE;
    }

    private void put(int handle) {
        FreeList list = free.get(vcpu[handle]);
        next[handle] = NONE;
        next[list.tail] = handle;
        list.tail = handle;
    }

    // ---- mappings ----------------------------------------------------------------------------

    /** The mapping with {@code handle} (any value), or null. */
    public @Nullable Mapping mapping(long handle) {
        return handle < 0 || handle >= mappings.size() ? null : mappings.get((int) handle);
    }

    /** Sets what {@code handle}, which was taken, stands for; null to put it back. */
    public void set(int handle, @Nullable Mapping m) {
        mappings.set(handle, m);
        if (m == null) {
            put(handle);
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
        free.clear();
    }
}
