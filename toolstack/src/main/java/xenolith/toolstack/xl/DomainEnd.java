package xenolith.toolstack.xl;

import java.util.Optional;
import xenolith.hypervisor.control.ShutdownReason;

/**
 * How a domain came to its end.
 *
 * @param reason of its own shutdown; empty if it was destroyed while it ran
 * @param report what it left behind if it crashed
 */
public record DomainEnd(Optional<ShutdownReason> reason, Optional<String> report) {}
