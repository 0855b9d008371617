package xenolith.bench;

import java.util.List;

/**
 * One of those that run the suite.
 *
 * @param name its heading in the table
 * @param command what starts it; the rows' results come on its output
 * @param guestMib memory of its guest in MiB
 */
record Rival(String name, List<String> command, int guestMib) {
    /** The processor itself. */
    static final String NATIVE = "native";

    /** QEMU's software processor. */
    static final String TCG = "tcg";

    /** Xenolith. */
    static final String XENOLITH = "xenolith";

    /** Another build of Xenolith. */
    static final String OTHER = "other";

    /** A PV guest of real Xen in QEMU's software processor. */
    static final String XEN = "xen";
}
