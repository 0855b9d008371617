package xenolith.hypervisor.event;

import xenolith.abi.struct.Abi;

/** What event channels need of the domain that owns them. */
public interface EventTarget {
    /** The domain's number. */
    int domid();

    /** Number of vCPUs, online or not. */
    int vcpuCount();

    /** How the domain lays out the public structures. */
    default Abi abi() {
        return Abi.BITS64;
    }

    /** Machine address of the vcpu_info of vCPU {@code vcpu}. */
    long vcpuInfo(int vcpu);

    /** Machine address of the shared_info page, or -1 for a domain without one (domain 0). */
    long sharedInfo();

    /** vCPU {@code vcpu} has a new upcall pending: wake it. */
    void wake(int vcpu);

    /** {@code port} became pending: wake the vCPUs that poll it. */
    void wakePollers(int port);

    /** Says why an operation on the domain's channels is refused. */
    default void refuse(String sentence) {}

    /**
     * Holds frame {@code mfn} (any value), which must be the domain's and writable; says why not.
     */
    default boolean holdPage(long mfn) {
        return false;
    }

    /** Lets go of a frame of {@link #holdPage}. */
    default void dropPage(long mfn) {}

    /** Runs {@code handler} on the host's thread once the current guest exit is done. */
    void queue(Runnable handler);
}
