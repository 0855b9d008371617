package xenolith.cli;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.xl.DomainEnd;
import xenolith.toolstack.xl.GuestDomain;

/** One domain of an embedded host, for which a command waits. */
final class Foreground {
    private final GuestDomain domain;
    private final CompletableFuture<DomainEnd> over = new CompletableFuture<>();
    private volatile boolean left;

    Foreground(GuestDomain domain) {
        this.domain = domain;
        var _ =
                domain.end()
                        .whenComplete((end, failure) -> {
                            if (failure == null) {
                                over.complete(end);
                            } else {
                                over.completeExceptionally(failure);
                            }
                        });
    }

    /** Ends the waiting, and with it the domain. From any thread. */
    void leave() {
        left = true;
        over.complete(new DomainEnd(Optional.empty(), Optional.empty()));
    }

    /**
     * Lets the domain run, waits for its end, and destroys what is left of it.
     *
     * @param deadlineNanos of {@link System#nanoTime}, after which nobody waits; null for never
     */
    Ending await(@Nullable Long deadlineNanos) throws ToolException, ControlException {
        try {
            domain.unpause();
            DomainEnd end =
                    deadlineNanos == null
                            ? over.get()
                            : over.get(
                                    Math.max(0, deadlineNanos - System.nanoTime()),
                                    TimeUnit.NANOSECONDS);
            return left ? Ending.LEFT : Ending.of(end);
        } catch (TimeoutException e) {
            return Ending.TIMED_OUT;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Ending.LEFT;
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case ToolException t -> throw t;
                case ControlException c -> throw c;
                case null, default -> throw new IllegalStateException(e);
            }
        } finally {
            domain.destroy();
        }
    }

    /** What the crashed guest left behind. */
    Optional<String> report() {
        return over.isCompletedExceptionally()
                ? Optional.empty()
                : Optional.ofNullable(over.getNow(null)).flatMap(DomainEnd::report);
    }
}
