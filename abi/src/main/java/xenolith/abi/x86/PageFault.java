package xenolith.abi.x86;

/** Bits of a page fault's error code (SDM volume 3, 4.7). */
public final class PageFault {
    public static final int P = 1;
    public static final int W = 1 << 1;
    public static final int U = 1 << 2;
    public static final int RSVD = 1 << 3;
    public static final int I = 1 << 4;

    private PageFault() {}
}
