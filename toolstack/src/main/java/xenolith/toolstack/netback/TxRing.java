package xenolith.toolstack.netback;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;
import xenolith.toolstack.net.Frame;
import xenolith.toolstack.net.MacAddress;
import xenolith.toolstack.net.Offload;
import xenolith.toolstack.netback.Netif.Extra;
import xenolith.toolstack.netback.Netif.TxRequest;
import xenolith.toolstack.xenbus.SharedRing;

/** The ring by which a guest sends: from requests to frames. */
final class TxRing implements AutoCloseable {
    /** More requests than this for one frame are no mistake but an attack (fatal_skb_slots). */
    private static final int FATAL_SLOTS = 20;

    /** Requests for one frame that every back end takes (XEN_NETIF_NR_SLOTS_MIN). */
    private static final int MOST_SLOTS = 18;

    /** Who takes what the guest sends. */
    interface Taker {
        /** A whole frame. */
        void frame(Frame frame);

        /** The guest sent what is no frame, and has been told. */
        void error(String why);

        /** The guest wants to get (or not) frames for the group {@code mac}; whether it may. */
        boolean group(MacAddress mac, boolean wanted);
    }

    private final DomainControl domain;
    private final SharedRing ring;
    private final Taker taker;
    private final byte[] slot = new byte[Netif.TX_SLOT];
    private final byte[] response = new byte[4];

    TxRing(DomainControl domain, SharedRing ring, Taker taker) {
        this.domain = domain;
        this.ring = ring;
        this.taker = taker;
    }

    /** What {@link #poll} found. */
    enum Found {
        /** All is taken; an event will come with the next request. */
        NOTHING_MORE,
        /** The turn is over, and there may be more. */
        MORE
    }

    /**
     * Takes one frame.
     *
     * @return NOTHING_MORE if there was none
     * @throws RingException if the ring cannot be understood any more
     */
    Found poll() throws RingException {
        if (!ring.requestsAfterAll()) {
            if (ring.broken()) {
                throw new RingException("more requests than its ring has room for");
            }
            return Found.NOTHING_MORE;
        }
        ring.take(slot);
        TxRequest first = TxRequest.of(slot);
        List<Extra> extras = first.has(Netif.TX_EXTRA_INFO) ? extras() : List.of();
        Extra multicast = find(extras, Netif.EXTRA_MCAST_ADD, Netif.EXTRA_MCAST_DEL);
        if (multicast != null) {
            boolean add = multicast.type() == Netif.EXTRA_MCAST_ADD;
            boolean may = taker.group(new MacAddress(multicast.mcastAddress()), add);
            answer(first, extras.size(), may ? Netif.RSP_OKAY : Netif.RSP_ERROR);
            return Found.MORE;
        }
        List<TxRequest> parts = new ArrayList<>();
        String wrong = parts(first, parts);
        TxRequest head = parts.getFirst();
        if (wrong == null && first.size() < Frame.HEADER) {
            wrong = "a frame of " + first.size() + " bytes";
        }
        if (wrong == null && !head.inPage()) {
            throw new RingException("a request whose bytes cross the end of its page");
        }
        Offload offload = wrong == null ? offload(first, extras) : Offload.NONE;
        Frame frame = wrong == null ? copy(first, parts, offload, extras.size()) : null;
        if (frame != null) {
            taker.frame(frame);
            return Found.MORE;
        }
        if (wrong != null) {
            taker.error(wrong);
            refuse(parts, extras.size());
        }
        return Found.MORE;
    }

    /** The extra information behind a frame's first request. */
    private List<Extra> extras() throws RingException {
        List<Extra> extras = new ArrayList<>();
        Extra extra;
        do {
            if (ring.requests() == 0) {
                throw new RingException("extra info is announced and missing");
            }
            ring.take(slot);
            extra = Extra.of(slot);
            if (extra.type() < Netif.EXTRA_GSO || extra.type() > Netif.EXTRA_XDP) {
                throw new RingException("extra info of type " + extra.type());
            }
            extras.add(extra);
        } while ((extra.flags() & Netif.EXTRA_FLAG_MORE) != 0);
        return extras;
    }

    private static @Nullable Extra find(List<Extra> extras, int... types) {
        for (Extra extra : extras) {
            for (int type : types) {
                if (extra.type() == type) {
                    return extra;
                }
            }
        }
        return null;
    }

    /**
     * Adds a frame's requests to {@code parts}, the size of the first one being what is left for
     * it.
     *
     * @return what is wrong with the frame, or null
     */
    private @Nullable String parts(TxRequest first, List<TxRequest> parts) throws RingException {
        String wrong = null;
        int left = first.size();
        parts.add(first);
        TxRequest part = first;
        while (part.has(Netif.TX_MORE_DATA)) {
            if (ring.requests() == 0) {
                throw new RingException("a frame whose last part is missing");
            }
            if (parts.size() >= FATAL_SLOTS) {
                throw new RingException("a frame of more than " + FATAL_SLOTS + " parts");
            }
            ring.take(slot);
            part = TxRequest.of(slot);
            if (!part.inPage()) {
                throw new RingException("a part whose bytes cross the end of its page");
            }
            parts.add(part);
            if (part.size() > left) {
                wrong = "a part of " + part.size() + " bytes where " + left + " are left";
            }
            left -= part.size();
        }
        if (wrong == null && parts.size() > MOST_SLOTS) {
            wrong = "a frame of " + parts.size() + " parts";
        }
        if (wrong == null) {
            parts.set(0, first.withSize(left));
        }
        return wrong;
    }

    private static Offload offload(TxRequest first, List<Extra> extras) throws RingException {
        Extra gso = find(extras, Netif.EXTRA_GSO);
        boolean blank = first.has(Netif.TX_CSUM_BLANK);
        boolean validated = blank || first.has(Netif.TX_DATA_VALIDATED);
        if (gso == null) {
            return new Offload(blank, validated, Offload.Gso.NONE, 0);
        }
        if (gso.gsoSize() == 0) {
            throw new RingException("segments of no bytes");
        }
        Offload.Gso kind =
                switch (gso.gsoType()) {
                    case Netif.GSO_TCPV4 -> Offload.Gso.TCPV4;
                    case Netif.GSO_TCPV6 -> Offload.Gso.TCPV6;
                    default -> throw new RingException("segments of type " + gso.gsoType());
                };
        return new Offload(true, true, kind, gso.gsoSize());
    }

    /** Copies the frame out and answers; null if a grant is no good. */
    private @Nullable Frame copy(
            TxRequest first, List<TxRequest> parts, Offload offload, int extras) {
        byte[] bytes = new byte[first.size()];
        int at = 0;
        String wrong = null;
        for (int i = 0; i < parts.size(); i++) {
            TxRequest part = parts.get(i);
            int status = Netif.RSP_OKAY;
            if (part.size() > 0) {
                try (GrantedFrame page = domain.mapGrant(part.gref(), true)) {
                    page.read(part.offset(), bytes, at, part.size());
                } catch (ControlException e) {
                    wrong = String.valueOf(e.getMessage());
                    status = Netif.RSP_ERROR;
                }
            }
            at += part.size();
            answer(part, i == 0 ? extras : 0, status);
        }
        if (wrong != null) {
            taker.error(wrong);
            return null;
        }
        return new Frame(bytes, offload);
    }

    private void refuse(List<TxRequest> parts, int extras) {
        for (int i = 0; i < parts.size(); i++) {
            answer(parts.get(i), i == 0 ? extras : 0, Netif.RSP_ERROR);
        }
    }

    private void answer(TxRequest request, int extras, int status) {
        Netif.put16(response, 0, request.id());
        Netif.put16(response, 2, status);
        ring.respond(response);
        Netif.put16(response, 2, Netif.RSP_NULL);
        for (int i = 0; i < extras; i++) {
            ring.respond(response);
        }
    }

    /** Shows all answers; whether the guest wants an event. */
    boolean publish() {
        return ring.publish();
    }

    @Override
    public void close() {
        ring.close();
    }
}
