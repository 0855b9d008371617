package xenolith.toolstack.block;

import java.time.Duration;
import java.util.function.Consumer;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.xenbus.Backend;

/** A disk in one life of its domain. */
final class BlockAttachment implements DomainDevice.Attachment {
    /** How long a front end may take to let go before it is not asked any more, as in libxl. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final DomainSite site;
    private final Backend backend;
    private final Consumer<String> log;
    private boolean told;

    BlockAttachment(DomainSite site, Backend backend, Consumer<String> log) {
        this.site = site;
        this.backend = backend;
        this.log = log;
    }

    @Override
    public void detach(boolean force, Runnable gone) {
        if (force) {
            gone.run();
            return;
        }
        var _ = backend.gone().thenRun(() -> once(gone));
        backend.unplug();
        site.alarms()
                .in(
                        PATIENCE,
                        () -> {
                            if (!backend.gone().isDone()) {
                                log.accept(
                                        "The front end did not let go within "
                                                + PATIENCE.toSeconds()
                                                + " s ("
                                                + backend.describe()
                                                + "): the disk is taken away.");
                                once(gone);
                            }
                        });
    }

    private void once(Runnable gone) {
        if (!told) {
            told = true;
            gone.run();
        }
    }

    @Override
    public void close() {
        told = true;
        backend.remove();
    }
}
