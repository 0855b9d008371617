package xenolith.toolstack.xenstore;

/** A watch of the toolstack itself; {@link #close} ends it. */
public final class StoreWatch implements AutoCloseable {
    /** Is told of changes. */
    @FunctionalInterface
    public interface Listener {
        /**
         * {@code path}, the watched one or one below it, was written, made, removed or given other
         * permissions; of a special watch {@code @introduceDomain} or {@code @releaseDomain}
         * itself. On the host's thread, when the change can be read, and not within a change: what
         * a listener writes is told to the listeners after it returns. The first call, with the
         * watched path, is for no change and tells that the watch is there, as xenstored does.
         */
        void changed(String path);
    }

    private final String path;
    private final Listener listener;
    private Runnable end = () -> {};
    private boolean closed;

    StoreWatch(String path, Listener listener) {
        this.path = path;
        this.listener = listener;
    }

    /** What is watched. */
    public String path() {
        return path;
    }

    void onClose(Runnable newEnd) {
        end = newEnd;
    }

    void tell(String changed) {
        if (!closed) {
            listener.changed(changed);
        }
    }

    /** Ends the watch: the listener is not called any more, not even for what has happened. */
    @Override
    public void close() {
        closed = true;
        end.run();
    }
}
