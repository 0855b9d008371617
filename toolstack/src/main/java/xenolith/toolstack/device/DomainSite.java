package xenolith.toolstack.device;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.xenstore.Store;

/**
 * Where a device is attached: one life of a domain.
 *
 * @param domain to be used on the host's thread; {@link DomainControl#post} leads there
 * @param name the domain's, for messages
 * @param store to be used on the host's thread
 * @param workers runs what waits for files or sockets or copies much: on virtual threads, or at
 *     once on the host's thread where time is counted, so that runs repeat
 * @param alarms runs a task on the host's thread after a time of the world
 */
public record DomainSite(
        DomainControl domain, String name, Store store, Executor workers, Alarms alarms) {
    /**
     * Whether workers work at once, on the calling thread: then time is counted, and an alarm of
     * the world would make runs differ.
     */
    public boolean worksAtOnce() {
        AtomicReference<@Nullable Thread> worker = new AtomicReference<>();
        workers.execute(() -> worker.set(Thread.currentThread()));
        return Thread.currentThread().equals(worker.get());
    }

    /** Runs tasks later. */
    public interface Alarms {
        /** Runs {@code task} on the host's thread in {@code time}, unless the host ends before. */
        void in(Duration time, Runnable task);
    }
}
