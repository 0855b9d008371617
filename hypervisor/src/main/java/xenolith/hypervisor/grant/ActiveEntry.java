package xenolith.hypervisor.grant;

import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Gnttab;

/**
 * What is in use of one grant: Xen's struct active_grant_entry. The shared entry is the guest's to
 * change; what was read from it when the first use began holds until the last one ends.
 */
final class ActiveEntry {
    // Uses by kind, a byte each; bit 7 of a byte is the end of counting.
    static final int HOST_WRITE = 1;
    static final int HOST_READ = 1 << 8;
    static final int DEVICE_WRITE = 1 << 16;
    static final int DEVICE_READ = 1 << 24;

    private static final int WRITERS = 0xff * HOST_WRITE | 0xff * DEVICE_WRITE;

    /** Number of uses, a byte a kind. */
    int pin;

    /** Who uses it. */
    int domid;

    long mfn;

    /** First byte that may be used, and how many. */
    int start;

    int length;

    /** Only a part of the page, or another domain's grant: it may be copied, not mapped. */
    boolean subPage;

    /** Transitive: the table and reference that this one passes on. */
    @Nullable GrantTable through;

    int throughRef;

    /** What uses of {@code mapFlags} (GNTMAP_*) add to {@link #pin}; 0 if they are none. */
    static int increment(int mapFlags) {
        boolean readOnly = (mapFlags & Gnttab.MAP_READONLY) != 0;
        int sum = 0;
        if ((mapFlags & Gnttab.DEVICE_MAP) != 0) {
            sum += readOnly ? DEVICE_READ : DEVICE_WRITE;
        }
        if ((mapFlags & Gnttab.HOST_MAP) != 0) {
            sum += readOnly ? HOST_READ : HOST_WRITE;
        }
        return sum;
    }

    boolean inUse() {
        return pin != 0;
    }

    boolean written() {
        return (pin & WRITERS) != 0;
    }

    /** Whether domain {@code user} may add {@code increment} to what is in use already. */
    boolean admits(int user, int increment) {
        return pin == 0 || domid == user && (pin & increment << 7) == 0;
    }

    /** Remembers what the first use of {@code user} is of. */
    void set(int user, long frame, int first, int bytes, boolean part) {
        domid = user;
        mfn = frame;
        start = first;
        length = bytes;
        subPage = part;
        through = null;
        throughRef = 0;
    }
}
