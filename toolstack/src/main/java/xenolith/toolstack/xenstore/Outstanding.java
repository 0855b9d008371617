package xenolith.toolstack.xenstore;

/**
 * A request of a domain until its reply and all events that it brought about were fetched; a domain
 * may have a limited number of them.
 */
final class Outstanding {
    private final StoreDomain domain;
    private int parts;

    Outstanding(StoreDomain domain) {
        this.domain = domain;
        domain.outstanding++;
    }

    /** One more message to be fetched. */
    void add() {
        parts++;
    }

    /** One message was fetched, or will not be sent. */
    void release() {
        parts--;
        if (parts == 0) {
            domain.outstanding--;
            Connection c = domain.connection;
            if (c != null) {
                c.mayReadAgain();
            }
        }
    }
}
