package xenolith.toolstack.xl;

import java.util.Optional;
import xenolith.hypervisor.control.ShutdownReason;

/**
 * Something happened to a domain.
 *
 * @param domid the number of its life; a reboot gives it another
 * @param reason of a shutdown, and of what follows one
 */
public record DomainEvent(Kind kind, String name, int domid, Optional<ShutdownReason> reason) {
    /** What happened. */
    public enum Kind {
        /** A life of the domain was built; it may be paused. */
        BUILT,
        PAUSED,
        UNPAUSED,
        RENAMED,
        /** It shut down by itself; what is configured for that follows. */
        SHUTDOWN,
        /** This life will be taken down now; its memory is still there. */
        ENDING,
        /** This life is over and its memory is free. */
        ENDED,
        /** The domain is gone for good. */
        DESTROYED
    }

    /** Is told; on the host's thread, must not wait. */
    @FunctionalInterface
    public interface Listener {
        void happened(DomainEvent event);
    }
}
