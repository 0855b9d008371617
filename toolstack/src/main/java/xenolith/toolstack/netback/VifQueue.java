package xenolith.toolstack.netback;

import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.EventEnd;
import xenolith.toolstack.net.Frame;
import xenolith.toolstack.xenbus.FrontendNodes;
import xenolith.toolstack.xenbus.SharedRing;
import xenolith.toolstack.xenbus.XenbusException;

/** One queue of a card: a ring each way with its event channels. */
final class VifQueue implements AutoCloseable {
    /** Frames in one turn, so that the host's thread comes to others in between. */
    private static final int TURN = 64;

    /** What a queue tells its card. */
    interface Card extends TxRing.Taker {
        /** The guest has broken a ring. */
        void broken(String why);

        /**
         * Whether the guest may send a frame now; if not, the card calls {@link #schedulePoll}
         * later.
         */
        boolean maySend(VifQueue queue);
    }

    private final Executor host;
    private final Card card;
    private final TxRing tx;
    private final RxRing rx;
    private @Nullable EventEnd txEvents;
    private @Nullable EventEnd rxEvents;
    private boolean pumpPosted;
    private boolean pollPosted;
    private boolean closed;

    private VifQueue(Executor host, Card card, TxRing tx, RxRing rx) {
        this.host = host;
        this.card = card;
        this.tx = tx;
        this.rx = rx;
    }

    /**
     * Connects to the rings and channels at {@code nodes}.
     *
     * @param host runs a task on the host's thread soon
     */
    static VifQueue connect(DomainControl domain, FrontendNodes nodes, Executor host, Card card)
            throws XenbusException, ControlException {
        boolean split = nodes.has("event-channel-tx");
        int txPort = nodes.word(split ? "event-channel-tx" : "event-channel");
        int rxPort = split ? nodes.word("event-channel-rx") : txPort;
        int txRef = nodes.word("tx-ring-ref");
        int rxRef = nodes.word("rx-ring-ref");
        TxRing tx =
                new TxRing(domain, SharedRing.map(domain, new int[] {txRef}, Netif.TX_SLOT), card);
        RxRing rx;
        try {
            rx = new RxRing(domain, SharedRing.map(domain, new int[] {rxRef}, Netif.RX_SLOT));
        } catch (ControlException e) {
            tx.close();
            throw e;
        }
        VifQueue queue = new VifQueue(host, card, tx, rx);
        try {
            if (split) {
                queue.txEvents = domain.bind(txPort, queue::poll);
                queue.rxEvents = domain.bind(rxPort, queue::pump);
            } else {
                queue.txEvents = domain.bind(txPort, queue::both);
                queue.rxEvents = queue.txEvents;
            }
        } catch (ControlException e) {
            queue.close();
            throw e;
        }
        queue.schedulePoll();
        return queue;
    }

    private void both() {
        poll();
        pump();
    }

    /** Takes what the guest sends. */
    private void poll() {
        if (closed) {
            return;
        }
        try {
            boolean more = true;
            for (int i = 0; more && i < TURN && card.maySend(this); i++) {
                more = tx.poll() == TxRing.Found.MORE;
                if (closed) {
                    return;
                }
                if (i == TURN - 1 && more) {
                    schedulePoll();
                }
            }
            if (tx.publish()) {
                notify(txEvents);
            }
        } catch (RingException e) {
            card.broken(String.valueOf(e.getMessage()));
        }
    }

    /** Looks at the transmit ring soon: the card's credit was filled up, or the turn was over. */
    void schedulePoll() {
        if (!pollPosted) {
            pollPosted = true;
            host.execute(() -> {
                pollPosted = false;
                poll();
            });
        }
    }

    /** Leaves {@code bytes} free in front of what the guest receives. */
    void headroom(int bytes) {
        rx.headroom(bytes);
    }

    /** Sends {@code frame} to the guest; false if too much waits already. */
    boolean offer(Frame frame) {
        if (closed || !rx.offer(frame)) {
            return false;
        }
        if (!pumpPosted) {
            pumpPosted = true;
            host.execute(() -> {
                pumpPosted = false;
                pump();
            });
        }
        return true;
    }

    /** Moves what waits to the guest. */
    private void pump() {
        if (closed) {
            return;
        }
        try {
            if (rx.pump()) {
                notify(rxEvents);
            }
        } catch (RingException e) {
            card.broken(String.valueOf(e.getMessage()));
        }
    }

    private static void notify(@Nullable EventEnd end) {
        if (end != null) {
            end.notifyGuest();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        if (txEvents != null) {
            txEvents.close();
        }
        if (rxEvents != null && !rxEvents.equals(txEvents)) {
            rxEvents.close();
        }
        tx.close();
        rx.close();
    }
}
