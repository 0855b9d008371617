package xenolith.toolstack.block;

import java.util.HashMap;
import java.util.Map;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;

/**
 * The pages of one guest's requests. With persistent grants those that were used once stay mapped,
 * writable, up to a limit; else each is mapped for its request. On the host's thread.
 */
final class GrantCache implements AutoCloseable {
    private final DomainControl domain;
    private final boolean persistent;
    private final int most;
    private final Map<Integer, GrantedFrame> kept = new HashMap<>();

    /** A cache that keeps at most {@code most} pages mapped if {@code persistent}. */
    GrantCache(DomainControl domain, boolean persistent, int most) {
        this.domain = domain;
        this.persistent = persistent;
        this.most = most;
    }

    /**
     * The page of {@code ref}, held; {@link #giveBack} it.
     *
     * @param readOnly whether reading is all that it is for
     */
    GrantedFrame take(int ref, boolean readOnly) throws ControlException {
        GrantedFrame frame = kept.get(ref);
        if (frame == null) {
            // A page that is kept may be for writing next time (note 8 of blkif.h).
            boolean keep = persistent && kept.size() < most;
            frame = domain.mapGrant(ref, readOnly && !keep);
            if (keep) {
                kept.put(ref, frame);
            }
            frame.hold();
            if (!keep) {
                frame.close(); // with the last release
            }
            return frame;
        }
        frame.hold();
        return frame;
    }

    /** Takes back a page of {@link #take}. */
    static void giveBack(GrantedFrame frame) {
        frame.release();
    }

    /** Unmaps what nobody holds, and the rest as it is given back. */
    @Override
    public void close() {
        kept.values().forEach(GrantedFrame::close);
        kept.clear();
    }
}
