package xenolith.toolstack.xenstore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ring.ByteRing;
import xenolith.toolstack.ring.SharedPage;

/** The ring of one domain to the store (public/io/xs_wire.h). */
public final class XenstoreBackend {
    private static final int RING_SIZE = 1024;
    private static final int RESPONSES = 1024;
    private static final int REQ_CONS = 2048;
    private static final int REQ_PROD = 2052;
    private static final int RSP_CONS = 2056;
    private static final int RSP_PROD = 2060;

    private final Store store;
    private final Connection connection;
    private final ByteRing requests;
    private final ByteRing responses;
    private final DomainControl.EventEnd channel;
    private final ByteBuffer incoming =
            ByteBuffer.allocate(Message.HEADER + Message.MOST_PAYLOAD)
                    .order(ByteOrder.LITTLE_ENDIAN);
    private byte @Nullable [] sending;
    private int sent;
    private boolean broken;
    private boolean polling;

    /**
     * Attaches to the xenstore page of {@code domain}.
     *
     * @param mfn frame of its xenstore page
     * @param port the guest's port, unbound
     */
    public XenstoreBackend(DomainControl domain, long mfn, int port, Store store)
            throws ControlException {
        this.store = store;
        this.connection = new Connection(store, domain.domid());
        SharedPage page = new SharedPage(domain, mfn);
        this.requests = new ByteRing(page, 0, RING_SIZE, REQ_CONS, REQ_PROD);
        this.responses = new ByteRing(page, RESPONSES, RING_SIZE, RSP_CONS, RSP_PROD);
        store.connect(connection);
        connection.onEvents(this::poll);
        this.channel = domain.bind(port, this::poll);
        store.special(Store.INTRODUCE_DOMAIN);
    }

    /** Serves what has come and sends what there is room for. On the domain's thread. */
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
    }

    /** Leaves the store: no more events for this domain. Tells that the domain is released. */
    public void close() {
        store.disconnect(connection);
        store.special(Store.RELEASE_DOMAIN);
    }

    /** Takes what there is of one message; serves it when it is whole. */
    private boolean receive() {
        if (requests.isCorrupt() || responses.isCorrupt()) {
            broken = true;
            return false;
        }
        int wanted = Message.HEADER;
        if (incoming.position() >= Message.HEADER) {
            int length = incoming.getInt(12);
            if (Integer.compareUnsigned(length, Message.MOST_PAYLOAD) > 0) {
                broken = true;
                return false;
            }
            wanted += length;
        }
        int n = requests.take(incoming.array(), incoming.position(), wanted - incoming.position());
        incoming.position(incoming.position() + n);
        boolean header = incoming.position() >= Message.HEADER;
        if (header && incoming.position() == Message.HEADER + incoming.getInt(12)) {
            byte[] payload = new byte[incoming.getInt(12)];
            incoming.get(Message.HEADER, payload);
            connection.serve(
                    new Message(
                            incoming.getInt(0), incoming.getInt(4), incoming.getInt(8), payload));
            incoming.clear();
            return true;
        }
        return n > 0;
    }

    private boolean send() {
        boolean moved = false;
        while (true) {
            if (sending == null) {
                Message next = connection.next();
                if (next == null) {
                    return moved;
                }
                sending = next.bytes();
                sent = 0;
            }
            int n = responses.put(sending, sent, sending.length - sent);
            sent += n;
            moved |= n > 0;
            if (sent < sending.length) {
                return moved;
            }
            sending = null;
        }
    }
}
