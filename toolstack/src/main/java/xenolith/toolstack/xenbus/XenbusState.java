package xenolith.toolstack.xenbus;

import org.jspecify.annotations.Nullable;

/** States of one end of a device (public/io/xenbus.h). */
public enum XenbusState {
    /** There is no such end. */
    UNKNOWN(0, "Unknown"),
    INITIALISING(1, "Initialising"),
    /** Back end: has published its features and waits for the front end. */
    INIT_WAIT(2, "InitWait"),
    /** Front end: has published its rings and waits for the back end. */
    INITIALISED(3, "Initialised"),
    CONNECTED(4, "Connected"),
    CLOSING(5, "Closing"),
    CLOSED(6, "Closed"),
    RECONFIGURING(7, "Reconfiguring"),
    RECONFIGURED(8, "Reconfigured");

    private final int number;
    private final String title;

    XenbusState(int number, String title) {
        this.number = number;
        this.title = title;
    }

    /** The state that a node's value names; UNKNOWN if there is no node or it names none. */
    public static XenbusState of(@Nullable String value) {
        for (XenbusState state : values()) {
            if (state.value().equals(value)) {
                return state;
            }
        }
        return UNKNOWN;
    }

    /** The number in the store. */
    public int number() {
        return number;
    }

    /** The value of a node for this state. */
    public String value() {
        return Integer.toString(number);
    }

    /** The name in Xen's header, without its prefix. */
    @Override
    public String toString() {
        return title;
    }
}
