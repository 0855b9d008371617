package xenolith.toolstack.xenbus;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import xenolith.toolstack.FakeDomain;

/** The front end's side of a ring in frames {@code firstMfn} and following of a fake domain. */
public final class GuestRing {
    private final FakeDomain domain;
    private final int firstMfn;
    private final int slotBytes;
    private final int slots;
    private int produced;
    private int consumed;

    public GuestRing(FakeDomain domain, int firstMfn, int pages, int slotBytes) {
        this.domain = domain;
        this.firstMfn = firstMfn;
        this.slotBytes = slotBytes;
        this.slots = Integer.highestOneBit((pages * 4096 - 64) / slotBytes);
        for (int i = 0; i < pages; i++) {
            java.util.Arrays.fill(domain.frame(firstMfn + i), (byte) 0);
        }
        index(4, 1);
        index(12, 1);
    }

    private ByteBuffer first() {
        return ByteBuffer.wrap(domain.frame(firstMfn)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Sets the index at {@code offset}. */
    public void index(int offset, int value) {
        first().putInt(offset, value);
    }

    /** The index at {@code offset}. */
    public int index(int offset) {
        return first().getInt(offset);
    }

    private void copy(int index, byte[] bytes, boolean in) {
        for (int i = 0; i < bytes.length; i++) {
            int at = 64 + (index & slots - 1) * slotBytes + i;
            byte[] frame = domain.frame(firstMfn + at / 4096);
            if (in) {
                frame[at % 4096] = bytes[i];
            } else {
                bytes[i] = frame[at % 4096];
            }
        }
    }

    /** Puts {@code request} and shows it. */
    public void put(byte[] request) {
        copy(produced++, request, true);
        index(0, produced);
    }

    /** Whether a response is there. */
    public boolean answered() {
        return index(8) != consumed;
    }

    /** The next response, of {@code bytes}. */
    public ByteBuffer next(int bytes) {
        byte[] response = new byte[bytes];
        copy(consumed++, response, false);
        index(12, consumed + 1);
        return ByteBuffer.wrap(response).order(ByteOrder.LITTLE_ENDIAN);
    }
}
