package xenolith.toolstack.netback;

import java.util.ArrayDeque;
import java.util.Deque;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;
import xenolith.toolstack.net.Frame;
import xenolith.toolstack.net.Offload;
import xenolith.toolstack.xenbus.SharedRing;

/**
 * The ring by which a guest receives: frames wait here until the guest has granted pages for them,
 * then they are copied there.
 */
final class RxRing implements AutoCloseable {
    /** Bytes that may wait: more than a TCP has on its way, so that it is slowed without losses. */
    static final int MOST_BYTES = 8 << 20;

    /** Frames that may wait. */
    static final int MOST_FRAMES = 4096;

    /**
     * Most bytes that a guest may have left free in front of what it receives, for a program of its
     * own at XDP; the header allows 0x7fff, which no page has.
     */
    static final int MOST_HEADROOM = 2048;

    private static final int PAGE = 4096;

    private final DomainControl domain;
    private final SharedRing ring;
    private final Deque<Frame> waiting = new ArrayDeque<>();
    private final byte[] request = new byte[Netif.RX_SLOT];
    private final byte[] response = new byte[Netif.RX_SLOT];
    private int waitingBytes;
    private long badGrants;
    private int headroom;

    RxRing(DomainControl domain, SharedRing ring) {
        this.domain = domain;
        this.ring = ring;
    }

    /** Leaves {@code bytes} free in front of each part from now on, and says so with each frame. */
    void headroom(int bytes) {
        headroom = bytes;
    }

    /** Lets {@code frame} wait; false if too much waits already. */
    boolean offer(Frame frame) {
        int length = frame.bytes().length;
        if (waiting.size() >= MOST_FRAMES
                || waitingBytes + length > MOST_BYTES
                || slots(frame) > ring.slots()) {
            return false;
        }
        waiting.add(frame);
        waitingBytes += length;
        return true;
    }

    /** Grants of the guest that could not be written to, so far. */
    long badGrants() {
        return badGrants;
    }

    private int slots(Frame frame) {
        int part = PAGE - headroom;
        int pages = (frame.bytes().length + part - 1) / part;
        return pages
                + (frame.offload().gso() == Offload.Gso.NONE ? 0 : 1)
                + (headroom == 0 ? 0 : 1);
    }

    /**
     * Moves what there is room for to the guest. If something still waits, the guest's next
     * requests come with an event.
     *
     * @return whether the guest wants an event now
     */
    boolean pump() throws RingException {
        boolean moved = false;
        for (Frame frame; (frame = waiting.peek()) != null; ) {
            if (!ring.requestsAtLeast(slots(frame))) {
                if (ring.broken()) {
                    throw new RingException("more pages to receive to than its ring has room for");
                }
                break;
            }
            waiting.remove();
            waitingBytes -= frame.bytes().length;
            deliver(frame);
            moved = true;
        }
        return moved && ring.publish();
    }

    private void deliver(Frame frame) {
        byte[] bytes = frame.bytes();
        Offload offload = frame.offload();
        boolean gso = offload.gso() != Offload.Gso.NONE;
        int flags =
                (offload.blank() ? Netif.RX_CSUM_BLANK : 0)
                        | (offload.validated() || offload.blank() ? Netif.RX_DATA_VALIDATED : 0)
                        | (gso || headroom > 0 ? Netif.RX_EXTRA_INFO : 0);
        int part = PAGE - headroom;
        for (int at = 0; at < bytes.length; at += part) {
            int n = Math.min(part, bytes.length - at);
            int more = at + n < bytes.length ? Netif.RX_MORE_DATA : 0;
            ring.take(request);
            int status = store(Netif.u32(request, 4), bytes, at, n);
            respond(Netif.u16(request, 0), flags | more, status);
            flags = 0;
            if (at == 0) {
                extras(offload);
            }
        }
    }

    private int store(int gref, byte[] bytes, int at, int n) {
        try (GrantedFrame page = domain.mapGrant(gref, false)) {
            page.write(headroom, bytes, at, n);
            return headroom + n;
        } catch (ControlException e) {
            badGrants++;
            return Netif.RSP_ERROR;
        }
    }

    private void respond(int id, int flags, int status) {
        Netif.put16(response, 0, id);
        Netif.put16(response, 2, 0);
        Netif.put16(response, 4, flags);
        Netif.put16(response, 6, status);
        ring.respond(response);
    }

    private void extras(Offload offload) {
        boolean room = headroom > 0;
        switch (offload.gso()) {
            case NONE -> {}
            case TCPV4 -> extra(Netif.EXTRA_GSO, room, offload.size(), Netif.GSO_TCPV4);
            case TCPV6 -> extra(Netif.EXTRA_GSO, room, offload.size(), Netif.GSO_TCPV6);
        }
        if (room) {
            extra(Netif.EXTRA_XDP, false, headroom, 0);
        }
    }

    /** An extra info takes a request of the guest's without using its page. */
    private void extra(int type, boolean more, int value, int kind) {
        ring.take(request);
        response[0] = (byte) type;
        response[1] = (byte) (more ? Netif.EXTRA_FLAG_MORE : 0);
        Netif.put16(response, 2, value);
        response[4] = (byte) kind;
        response[5] = 0;
        Netif.put16(response, 6, 0);
        ring.respond(response);
    }

    @Override
    public void close() {
        waiting.clear();
        waitingBytes = 0;
        ring.close();
    }
}
