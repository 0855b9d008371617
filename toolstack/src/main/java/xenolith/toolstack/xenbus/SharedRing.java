package xenolith.toolstack.xenbus;

import java.util.List;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;

/**
 * The back end's side of a ring of requests and responses in pages that a guest granted
 * (public/io/ring.h). Indices and requests are the guest's to change at any time: each is read
 * once, and a request is copied out as a whole before anybody looks at it (XSA-155). On the host's
 * thread.
 *
 * <p>The first page begins with four 32-bit indices, free-running; the slots follow from byte 64
 * on, each long enough for a request and for a response, as many as a power of two.
 */
public final class SharedRing implements AutoCloseable {
    private static final int PAGE = 4096;
    private static final int REQ_PROD = 0;
    private static final int REQ_EVENT = 4;
    private static final int RSP_PROD = 8;
    private static final int RSP_EVENT = 12;
    private static final int SLOTS = 64;

    private final List<GrantedFrame> pages;
    private final int slotBytes;
    private final int slots;
    private final byte[] word = new byte[4];

    /** Requests taken so far, responses put, responses published: free-running. */
    private int requestsTaken;

    private int responsesPut;
    private int responsesPublished;
    private boolean broken;

    /**
     * A ring in {@code pages}, which it unmaps when it is closed.
     *
     * @param slotBytes the length of a request or a response, whichever is more
     */
    public SharedRing(List<GrantedFrame> pages, int slotBytes) {
        this.pages = List.copyOf(pages);
        this.slotBytes = slotBytes;
        this.slots = Integer.highestOneBit((pages.size() * PAGE - SLOTS) / slotBytes);
        responsesPut = get(RSP_PROD);
        responsesPublished = responsesPut;
        requestsTaken = responsesPut;
        requests();
    }

    /** Maps the ring of {@code domain} in the pages of grants {@code refs}. */
    public static SharedRing map(DomainControl domain, int[] refs, int slotBytes)
            throws ControlException {
        return new SharedRing(domain.mapGrants(refs, false), slotBytes);
    }

    /** Number of slots, a power of two. */
    public int slots() {
        return slots;
    }

    /**
     * Whether the guest claimed to have put more requests than there is room for. Then there are no
     * more requests; only a new connection helps.
     */
    public boolean broken() {
        return broken;
    }

    /** Requests that were taken and have no response yet. */
    public int unanswered() {
        return requestsTaken - responsesPut;
    }

    /** Requests that wait to be taken; 0 if the ring is {@link #broken}. */
    public int requests() {
        if (broken) {
            return 0;
        }
        int produced = get(REQ_PROD);
        if (Integer.compareUnsigned(produced - responsesPut, slots) > 0
                || produced - requestsTaken < 0) {
            broken = true;
            return 0;
        }
        return produced - requestsTaken;
    }

    /** Copies the next request, which is there, to {@code request}. */
    public void take(byte[] request) {
        copy(slot(requestsTaken), request, true);
        requestsTaken++;
    }

    /**
     * Asks the guest for an event with its next request, and looks for one once more
     * (RING_FINAL_CHECK_FOR_REQUESTS).
     *
     * @return whether there is one, so that no event may come for it
     */
    public boolean requestsAfterAll() {
        if (requests() > 0) {
            return true;
        }
        put(REQ_EVENT, requestsTaken + 1);
        return requests() > 0;
    }

    /**
     * Whether {@code n} requests (at least 1) wait to be taken. If not, the guest is asked for an
     * event when they do.
     */
    public boolean requestsAtLeast(int n) {
        if (requests() >= n) {
            return true;
        }
        put(REQ_EVENT, requestsTaken + n);
        return requests() >= n;
    }

    /** Puts {@code response} for one of the requests taken; {@link #publish} shows it. */
    public void respond(byte[] response) {
        if (unanswered() == 0) {
            throw new IllegalStateException("more responses than requests");
        }
        copy(slot(responsesPut), response, false);
        responsesPut++;
    }

    /**
     * Shows all responses put to the guest.
     *
     * @return whether it wants to be told by an event
     */
    public boolean publish() {
        int old = responsesPublished;
        put(RSP_PROD, responsesPut);
        responsesPublished = responsesPut;
        int event = get(RSP_EVENT);
        return Integer.compareUnsigned(responsesPut - event, responsesPut - old) < 0;
    }

    private int slot(int index) {
        return SLOTS + (index & slots - 1) * slotBytes;
    }

    private void copy(int offset, byte[] bytes, boolean out) {
        for (int at = 0; at < bytes.length; ) {
            int within = offset + at & PAGE - 1;
            GrantedFrame page = pages.get((offset + at) / PAGE);
            int n = Math.min(bytes.length - at, PAGE - within);
            if (out) {
                page.read(within, bytes, at, n);
            } else {
                page.write(within, bytes, at, n);
            }
            at += n;
        }
    }

    private int get(int offset) {
        pages.getFirst().read(offset, word, 0, 4);
        return word[0] & 0xff | (word[1] & 0xff) << 8 | (word[2] & 0xff) << 16 | word[3] << 24;
    }

    private void put(int offset, int value) {
        for (int i = 0; i < 4; i++) {
            word[i] = (byte) (value >>> 8 * i);
        }
        pages.getFirst().write(offset, word, 0, 4);
    }

    /** Unmaps the pages. */
    @Override
    public void close() {
        pages.forEach(GrantedFrame::close);
    }
}
