package xenolith.toolstack.ring;

import xenolith.hypervisor.control.DomainControl;

/**
 * A page that domain 0 shares with a guest: little-endian words by byte offset. To be used on the
 * domain's thread, where the guest does not run meanwhile.
 */
public final class SharedPage {
    private final DomainControl domain;
    private final long mfn;
    private final byte[] word = new byte[4];

    public SharedPage(DomainControl domain, long mfn) {
        this.domain = domain;
        this.mfn = mfn;
    }

    /** The 32-bit word at {@code offset}. */
    public int get32(int offset) {
        domain.read(mfn, offset, word, 0, 4);
        return word[0] & 0xff | (word[1] & 0xff) << 8 | (word[2] & 0xff) << 16 | word[3] << 24;
    }

    /** Sets the 32-bit word at {@code offset}. */
    public void put32(int offset, int value) {
        for (int i = 0; i < 4; i++) {
            word[i] = (byte) (value >>> 8 * i);
        }
        domain.write(mfn, offset, word, 0, 4);
    }

    /** Copies {@code length} bytes from {@code offset} to {@code dst[at]}. */
    public void read(int offset, byte[] dst, int at, int length) {
        domain.read(mfn, offset, dst, at, length);
    }

    /** Copies {@code length} bytes from {@code src[at]} to {@code offset}. */
    public void write(int offset, byte[] src, int at, int length) {
        domain.write(mfn, offset, src, at, length);
    }
}
