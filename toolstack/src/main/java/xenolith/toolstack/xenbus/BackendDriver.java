package xenolith.toolstack.xenbus;

import xenolith.hypervisor.control.ControlException;

/** What a back end of one kind does as its {@link Backend} goes from state to state. */
public interface BackendDriver {
    /** Publishes features and limits, before the back end is InitWait. */
    void publish(BackendNodes nodes);

    /**
     * Connects to the rings and channels that the front end published, and publishes what it may
     * know only then. After an exception nothing is connected.
     */
    void connect(FrontendNodes frontend, BackendNodes nodes)
            throws XenbusException, ControlException;

    /**
     * Reads anew what a connected front end may change while it is Reconfiguring; there is nothing
     * of that kind unless a driver says so.
     */
    default void reconfigure(FrontendNodes frontend) throws XenbusException {}

    /**
     * Disconnects from the front end, if it is connected: takes no more requests. Once those under
     * way are done and no page of the guest is mapped, runs {@code done} on the host's thread,
     * perhaps at once.
     */
    void disconnect(Runnable done);

    /**
     * Gives up what it has, such as a file: the device is gone. After {@link #disconnect}. Runs
     * {@code done} on the host's thread when that is done, perhaps at once.
     */
    void close(Runnable done);
}
