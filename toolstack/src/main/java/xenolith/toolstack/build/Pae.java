package xenolith.toolstack.build;

/** What a 32-bit image says of its page-table mode (public/elfnote.h, XEN_ELFNOTE_PAE_MODE). */
public enum Pae {
    /** Two-level tables, for which there is no Xen any more. */
    NO,

    /** Three levels; the top table must lie below 4 GiB. */
    YES,

    /** Three levels; CR3 holds frame numbers of 32 bits. */
    EXTENDED_CR3,

    /** Either kind of kernel; with three levels as the one before. */
    BIMODAL;

    /** As the note says it: "yes", "no", "bimodal" or "yes,bimodal". */
    static Pae ofNote(String text) {
        if (text.contains("bimodal")) {
            return BIMODAL;
        }
        return text.startsWith("yes") ? EXTENDED_CR3 : NO;
    }

    /** As the old section says it: "yes", "yes[extended-cr3]" and the like. */
    static Pae ofSection(String text) {
        if (text.contains("bimodal")) {
            return BIMODAL;
        }
        return text.startsWith("yes[extended-cr3]")
                ? EXTENDED_CR3
                : text.startsWith("yes") ? YES : NO;
    }
}
