package xenolith.toolstack.xenstore;

import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ring.ByteRing;
import xenolith.toolstack.ring.SharedPage;

/** The ring of one domain to the store (public/io/xs_wire.h). On the host's thread. */
public final class XenstoreBackend {
    private static final int RING_SIZE = 1024;
    private static final int RESPONSES = 1024;
    private static final int REQ_CONS = 2048;
    private static final int REQ_PROD = 2052;
    private static final int RSP_CONS = 2056;
    private static final int RSP_PROD = 2060;

    /** Why the store does not listen any more, for the guest to read. */
    private static final int ERROR = 2072;

    private static final int ERROR_RINGIDX = 2;
    private static final int ERROR_PROTO = 3;

    private final Store store;
    private final int domid;
    private final Connection connection;
    private final SharedPage page;
    private final ByteRing requests;
    private final ByteRing responses;
    private final DomainControl.EventEnd channel;
    private final Incoming incoming = new Incoming();
    private byte[] sending = {};
    private int sent;
    private boolean broken;
    private boolean polling;

    /**
     * Attaches to the xenstore page of {@code domain} and introduces it.
     *
     * @param mfn frame of its xenstore page
     * @param port the guest's port, unbound
     */
    public XenstoreBackend(DomainControl domain, long mfn, int port, Store store)
            throws ControlException {
        this.store = store;
        this.domid = domain.domid();
        this.page = new SharedPage(domain, mfn);
        this.requests = new ByteRing(page, 0, RING_SIZE, REQ_CONS, REQ_PROD);
        this.responses = new ByteRing(page, RESPONSES, RING_SIZE, RSP_CONS, RSP_PROD);
        this.channel = domain.bind(port, this::poll);
        this.connection = store.introduce(domid);
        connection.onEvents(this::poll);
    }

    /** Serves what has come and sends what there is room for. */
    public void poll() {
        if (polling) {
            return; // a request of this domain brought about an event for it
        }
        polling = true;
        boolean moved = false;
        boolean more = true;
        while (more && !broken) {
            more = send();
            more |= receive();
            moved |= more;
        }
        polling = false;
        if (moved) {
            channel.notifyGuest();
        }
        store.tell();
    }

    /**
     * The domain is gone: no more events for it, and its nodes and rights end. Tells that it is
     * released.
     */
    public void close() {
        store.release(domid);
    }

    /** Listens no more, as xenstored, after the guest has broken the rules. */
    private void broken(int error, String why) {
        broken = true;
        page.put32(ERROR, error);
        connection.reset();
        store.host().log("xenstore: domain " + domid + " is not listened to any more: " + why);
    }

    /** Takes what there is of one message; serves it when it is whole. */
    private boolean receive() {
        if (broken || !connection.mayRead()) {
            return false;
        }
        int n = requests.take(incoming.array(), incoming.position(), incoming.wanted());
        if (n < 0) {
            broken(ERROR_RINGIDX, "the indices of its request ring cannot be");
            return false;
        }
        incoming.advance(n);
        if (incoming.isTooLong()) {
            broken(ERROR_PROTO, "it announced a message of more than 4096 bytes");
            return false;
        }
        Message message = incoming.take();
        if (message != null) {
            connection.serve(message);
        }
        return n > 0 || message != null;
    }

    private boolean send() {
        Outbox outbox = connection.outbox();
        outbox.expire(store.now());
        boolean moved = false;
        while (!broken) {
            if (sent == sending.length) {
                byte[] next = outbox.first();
                if (next == null) {
                    return moved;
                }
                sending = next;
                sent = 0;
            }
            int n = responses.put(sending, sent, sending.length - sent);
            if (n < 0) {
                broken(ERROR_RINGIDX, "the indices of its response ring cannot be");
                return moved;
            }
            sent += n;
            moved |= n > 0;
            if (sent < sending.length) {
                return moved;
            }
            sending = new byte[0];
            sent = 0;
            outbox.sent();
        }
        return moved;
    }
}
