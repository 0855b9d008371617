package xenolith.hypervisor.memory;

import java.util.List;

/** Counts all references from scratch and compares with the kept counts. */
public final class Recount {
    private Recount() {}

    /** Names references that no page table, pin or vCPU holds: grant mappings without an entry. */
    @FunctionalInterface
    public interface OtherReferences {
        /** Calls {@code visitor} once for each. */
        void visit(Visitor visitor);
    }

    /** Takes references. */
    @FunctionalInterface
    public interface Visitor {
        /** A general reference on {@code mfn}, and a writable one if {@code writable}. */
        void reference(long mfn, boolean writable);
    }

    /** All differences, one sentence each; empty if all is well. */
    public static List<String> differences(FrameTable frames, OtherReferences others) {
        throw new UnsupportedOperationException();
    }
}
