package xenolith.abi.struct;

/** struct multicall_entry (public/xen.h). */
public final class MulticallEntry {
    private static final Layout LAYOUT = new Layout();
    public static final Field OP = LAYOUT.word();
    public static final Field RESULT = LAYOUT.word();

    /** Six arguments. */
    public static final Field ARGS = LAYOUT.words(6);

    public static final Field SIZE = LAYOUT.end();

    private MulticallEntry() {}
}
