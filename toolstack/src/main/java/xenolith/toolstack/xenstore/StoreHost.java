package xenolith.toolstack.xenstore;

/** What the store asks of the host that it serves. */
public interface StoreHost {
    /** A store without a host: all domids are domains, time stands still. For tests and tools. */
    StoreHost NONE = new StoreHost() {};

    /** System time in nanoseconds, for events that nobody fetches. */
    default long now() {
        return 0;
    }

    /** Whether there is a domain {@code domid}, introduced or not. */
    default boolean exists(int domid) {
        return domid >= 0 && domid < 0x7ff0;
    }

    /**
     * A client asks to introduce a domain that the store does not know (XS_INTRODUCE).
     *
     * @param gfn of its xenstore page
     * @param port its unbound event channel
     * @throws XenstoreError why not
     */
    default void introduce(int domid, long gfn, int port) throws XenstoreError {
        throw new XenstoreError(XenstoreError.Code.EINVAL);
    }

    /** Something for the host's log; one line. */
    default void log(String line) {}

    /**
     * The toolstack's own watch of {@code path} has thrown {@code failure}, a defect. Other watches
     * are told all the same if this returns.
     */
    default void failed(String path, RuntimeException failure) {
        throw failure;
    }
}
