package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;

/** Finds level-1 entries of a guest. Called with the lock of the frame table held. */
final class GuestWalk {
    /** There is no such entry. */
    static final long NONE = -1;

    private GuestWalk() {}

    /**
     * Machine address of the level-1 entry of {@code vaddr} below the top table {@code root}, or
     * {@link #NONE}. It may lie in a frame that is no level-1 table (by way of a linear table).
     */
    static long level1(DomainMemory d, long root, long vaddr) {
        FrameTable frames = d.frames();
        if (root == 0 || !EntryRules.guestAddress(vaddr, d.abi())) {
            return NONE;
        }
        long table = root;
        for (int level = d.topType(); level > 1; level--) {
            long at = (table << Pte.PAGE_SHIFT) + 8L * Pte.index(vaddr, level);
            long entry = frames.memory().get64(at);
            if ((entry & (Pte.P | Pte.PS)) != Pte.P || !frames.valid(Pte.mfn(entry))) {
                return NONE;
            }
            table = Pte.mfn(entry);
        }
        return (table << Pte.PAGE_SHIFT) + 8L * Pte.index(vaddr, 1);
    }

    /** Whether {@code mfn} (any value) is a validated level-1 table of {@code d}. */
    static boolean isLevel1(DomainMemory d, long mfn) {
        FrameTable f = d.frames();
        return f.owner(mfn) == d.domid()
                && f.type(mfn) == PageType.L1
                && f.typeCount(mfn) > 0
                && f.validated(mfn);
    }
}
