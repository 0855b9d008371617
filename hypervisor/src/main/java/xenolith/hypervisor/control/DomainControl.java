package xenolith.hypervisor.control;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One domain, as its toolstack handles it. Calls come from the thread that runs the domain, or
 * while it does not run; {@link #post} from any thread. Frame numbers of the domain are machine
 * frame numbers (MFN) or pseudo-physical ones (PFN), as the names say.
 */
public interface DomainControl {
    int domid();

    DomainConfig config();

    /**
     * Gives the domain {@code count} zeroed frames for the PFNs from {@code firstPfn} on and sets
     * their machine-to-physical entries (XENMEM_populate_physmap).
     *
     * @return the MFN of each, in order of PFN
     */
    long[] populate(long firstPfn, int count) throws ControlException;

    /**
     * Copies {@code length} bytes of {@code src} from {@code at} into own frame {@code mfn} at
     * {@code offset}.
     */
    void write(long mfn, int offset, byte[] src, int at, int length);

    /** Copies {@code length} bytes out of own frame {@code mfn} at {@code offset}. */
    void read(long mfn, int offset, byte[] dst, int at, int length);

    /**
     * Validates the page-table tree below {@code mfn} and pins it as level 4 (MMUEXT_PIN_L4_TABLE),
     * of a 32-bit guest as level 3.
     */
    void pinTopTable(long mfn) throws ControlException;

    /** Fills the page of {@code mfn} with the PV hypercall stubs (XEN_DOMCTL_hypercall_init). */
    void writeHypercallPage(long mfn);

    /** Frame of the shared_info page; its start_info address is this times 4096. */
    long sharedInfoMfn();

    /** Writes grant entry {@code ref}: {@code domid} may map frame {@code mfn} read-write. */
    void seedGrant(int ref, int domid, long mfn);

    /**
     * Allocates a port in this domain, unbound, for {@code remoteDomid} (EVTCHNOP_alloc_unbound).
     */
    int allocateUnbound(int remoteDomid) throws ControlException;

    /**
     * Binds an end of domain 0 to this domain's port {@code remotePort}
     * (EVTCHNOP_bind_interdomain): {@code handler} is called on the domain's thread after each
     * notification.
     */
    EventEnd bind(int remotePort, Runnable handler) throws ControlException;

    /** Domain 0's end of an event channel. */
    interface EventEnd {
        /** Notifies the guest's end (EVTCHNOP_send). */
        void notifyGuest();

        /** Closes the channel. */
        void close();
    }

    /**
     * The state of vCPU {@code vcpu} as struct vcpu_guest_context in the guest's own layout
     * (XEN_DOMCTL_getvcpucontext); the x87 and SSE image is not in it, as its flags say.
     */
    default byte[] vcpuContext(int vcpu) {
        throw new IllegalStateException("nothing is known of this domain");
    }

    /** All pages of its own that have a PFN by the machine-to-physical table. */
    default PhysicalMap physicalMap() {
        throw new IllegalStateException("nothing is known of this domain");
    }

    /** A copy of its shared_info page, 4096 bytes. */
    default byte[] sharedInfo() {
        throw new IllegalStateException("nothing is known of this domain");
    }

    /**
     * Sets the start state of vCPU {@code vcpu} (XEN_DOMCTL_setvcpucontext) and marks it online.
     */
    void setVcpuContext(int vcpu, VcpuContext context) throws ControlException;

    /** Runs {@code task} on the domain's thread soon, from any thread, waking it if it is idle. */
    void post(Runnable task);

    /** Empty while the domain runs, else why it shut down. */
    Optional<ShutdownReason> shutdown();

    /** After a crash: the report, many lines, for the user. Empty otherwise. */
    Optional<String> crashReport();

    /**
     * Sets who is told of the text that the guest writes by the console_io hypercall: an emergency
     * console that works before any other.
     */
    default void setBootConsole(Consumer<String> console) {}

    /** All text that the guest wrote by console_io so far (the last megabyte). */
    default String bootLog() {
        return "";
    }

    /** Stops the domain's vCPUs, or lets them run again. */
    default void setPaused(boolean paused) {}

    /** Whether its vCPUs were stopped by {@link #setPaused}. */
    default boolean paused() {
        return false;
    }

    /** How the domain is now. */
    default DomainInfo info() {
        throw new IllegalStateException("nothing is known of this domain");
    }

    /**
     * Shows the domain {@code kib} KiB of memory from 0 on as its machine's (one row of RAM in its
     * E820 map; XENMEM_set_memory_map): what its balloon may grow to.
     */
    default void setMemoryMap(long kib) {}

    /**
     * Sends a non-maskable interrupt to vCPU {@code vcpu} (XEN_DOMCTL_sendtrigger).
     *
     * @throws ControlException if it has no such vCPU
     */
    default void sendNmi(int vcpu) throws ControlException {
        throw new ControlException("Nothing can be sent to this domain.");
    }

    /** Sets how many frames the domain may own (XEN_DOMCTL_max_mem); those it has stay. */
    default void setMaxPages(long pages) {
        throw new IllegalStateException("this domain has no limit");
    }

    /** Time the domain's vCPUs have run, in nanoseconds of system time. */
    default long runTime() {
        return 0;
    }

    /**
     * A grant of the domain as domain 0 sees it (GNTTABOP_map_grant_ref): checks the entry and
     * holds the frame until it is closed.
     */
    default GrantedFrame mapGrant(int ref, boolean readOnly) throws ControlException {
        throw new ControlException("This domain has no grant table.");
    }

    /**
     * {@link #mapGrant} of each of {@code refs} (any numbers) in order: all, or none and an
     * exception.
     */
    default List<GrantedFrame> mapGrants(int[] refs, boolean readOnly) throws ControlException {
        List<GrantedFrame> mapped = new ArrayList<>(refs.length);
        try {
            for (int ref : refs) {
                mapped.add(mapGrant(ref, readOnly));
            }
        } catch (ControlException e) {
            mapped.forEach(GrantedFrame::close);
            throw e;
        }
        return mapped;
    }

    /**
     * A frame that the guest granted, of 4096 bytes. Methods are for the host's thread. A worker on
     * another thread uses {@link #segment}, between {@link #hold} and {@link #release}; the host's
     * thread tells of what it stored by {@link #stored} before the guest is told that it is done.
     *
     * <p>The frame stays the guest's and nobody else gets it until the mapping has ended, also when
     * its domain is destroyed before.
     */
    interface GrantedFrame extends AutoCloseable {
        /** Copies {@code length} bytes at {@code offset} out of the frame. */
        void read(int offset, byte[] dst, int at, int length);

        /** Copies {@code length} bytes into the frame, which was mapped for writing. */
        void write(int offset, byte[] src, int at, int length);

        /** Machine frame number. */
        long mfn();

        /**
         * The frame's 4096 bytes, read-only if so mapped. For any thread while the frame is held;
         * after the host was closed, uses throw {@link IllegalStateException}.
         */
        default MemorySegment segment() {
            throw new IllegalStateException("this frame is for copying only");
        }

        /**
         * Keeps the frame mapped and of use, even if it is closed, until the same number of
         * releases.
         */
        default void hold() {}

        /** Takes back one {@link #hold}. */
        default void release() {}

        /**
         * Says that {@code length} bytes at {@code offset} were stored to through {@link #segment}.
         */
        default void stored(int offset, int length) {}

        /**
         * Ends the mapping (GNTTABOP_unmap_grant_ref), as soon as nobody holds the frame. Further
         * calls do nothing.
         */
        @Override
        void close();
    }

    /** Frees all memory of the domain. */
    void destroy();
}
