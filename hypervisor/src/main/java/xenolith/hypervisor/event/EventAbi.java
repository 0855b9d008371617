package xenolith.hypervisor.event;

/**
 * How pending events are told to the guest: by bits of the 2-level ABI, or by the queues of the
 * FIFO ABI. Channels are not closed.
 */
interface EventAbi {
    /** Ports that the guest's pages have room for, port 0 included. */
    int ports();

    /** {@code c} was bound. */
    void init(Channel c);

    /** Makes {@code c} pending and tells its vCPU. */
    void raise(Channel c);

    /** Forgets that {@code c} is pending. */
    void clearPending(Channel c);

    /** Clears the mask of {@code c}, and tells its vCPU if it is pending. */
    void unmask(Channel c);

    boolean pending(Channel c);

    /** Whether the port cannot be used again yet, though it is closed. */
    boolean busy(Channel c);

    /** Gives {@code c} a queue (any value); 0 or -errno. */
    int setPriority(Channel c, long priority);
}
