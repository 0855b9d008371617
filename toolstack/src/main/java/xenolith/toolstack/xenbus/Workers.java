package xenolith.toolstack.xenbus;

import java.util.concurrent.Executor;
import xenolith.hypervisor.control.DomainControl;

/**
 * Who does the work of back ends.
 *
 * @param io runs what may block: each task on a thread of its own
 * @param host runs tasks on the host's thread soon
 */
public record Workers(Executor io, Executor host) {
    /** Virtual threads, and the thread that runs {@code domain}. */
    public static Workers virtualThreads(DomainControl domain) {
        return new Workers(
                task -> Thread.ofVirtual().name("d" + domain.domid() + " io").start(task),
                domain::post);
    }

    /** The calling thread, which is the host's, at once: so that runs in counted time repeat. */
    public static Workers inline() {
        return new Workers(Runnable::run, Runnable::run);
    }
}
