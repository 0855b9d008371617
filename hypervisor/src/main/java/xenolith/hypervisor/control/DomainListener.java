package xenolith.hypervisor.control;

/**
 * Is told of the lives of domains (what VIRQ_DOM_EXC tells tools). All calls come on the host's
 * thread, between two exits of guests, in the order in which things happened; a listener may do
 * anything with the domain, also destroy it.
 */
public interface DomainListener {
    /** {@code domain} shut down for {@code reason}, a crash among them. */
    void shutdown(DomainControl domain, ShutdownReason reason);

    /** {@code domain} was made, paused, unpaused, or resumed: ask it which. */
    default void changed(DomainControl domain) {}

    /** Domain {@code domid} is gone; its number may be another's soon. */
    default void destroyed(int domid) {}
}
