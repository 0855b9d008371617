package xenolith.abi.struct;

/** struct multicall_entry (public/xen.h), 64-bit layout. */
public final class MulticallEntry {
    public static final int SIZE = 64;
    public static final int OP = 0;
    public static final int RESULT = 8;

    /** Six arguments of 8 bytes. */
    public static final int ARGS = 16;

    private MulticallEntry() {}
}
