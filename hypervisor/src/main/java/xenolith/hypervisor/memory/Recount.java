package xenolith.hypervisor.memory;

import java.util.ArrayList;
import java.util.List;
import xenolith.abi.x86.Pte;

/**
 * Counts all references from scratch and compares with the kept counts: the proof that nothing
 * leaks. Walks validated tables, pins, allocations, and what vCPUs hold.
 */
public final class Recount {
    private final FrameTable f;
    private final int[] count;
    private final int[] typeCount;
    private final int[] linear;
    private final List<String> differences = new ArrayList<>();

    private Recount(FrameTable frames) {
        f = frames;
        count = new int[frames.owner.length];
        typeCount = new int[frames.owner.length];
        linear = new int[frames.owner.length];
    }

    /** Names references that no page table, pin or page-table base holds: vcpu_info, grants. */
    @FunctionalInterface
    public interface OtherReferences {
        /** Nothing. */
        OtherReferences NONE = visitor -> {};

        /** Calls {@code visitor} once for each. */
        void visit(Visitor visitor);

        /**
         * How many level-1 entries of domain {@code domid} may name frame {@code mfn} of another
         * one, writable or not: its grant mappings.
         */
        default int foreignEntries(int domid, long mfn, boolean writable) {
            return Integer.MAX_VALUE;
        }
    }

    /** Takes references. */
    @FunctionalInterface
    public interface Visitor {
        /** A general reference on {@code mfn}, and a writable one if {@code writable}. */
        void reference(long mfn, boolean writable);
    }

    /** All differences, one sentence each; empty if all is well. */
    public static List<String> differences(FrameTable frames, OtherReferences others) {
        frames.lock().lock();
        try {
            Recount r = new Recount(frames);
            r.countAll(others);
            r.compareAll();
            new RuleCheck(frames, others, r.differences).check();
            r.compareTranslations();
            return r.differences;
        } finally {
            frames.lock().unlock();
        }
    }

    private void countAll(OtherReferences others) {
        for (int mfn = 0; mfn < count.length; mfn++) {
            byte flags = f.flags[mfn];
            if ((flags & FrameTable.ALLOCATED) != 0) {
                int type = (flags & FrameTable.XEN_HEAP) != 0 ? PageType.WRITABLE : PageType.NONE;
                reference(mfn, type, "its owner");
            }
            if ((flags & FrameTable.PINNED) != 0) {
                reference(mfn, f.type[mfn], "a pin");
            }
            if ((flags & FrameTable.PARTIAL) != 0) {
                reference(mfn, f.type[mfn], "its partial validation");
                countTable(mfn, f.type[mfn], f.validatedSlots[mfn]);
            } else if (PageType.isTable(f.type[mfn]) && (flags & FrameTable.VALIDATED) != 0) {
                countTable(mfn, f.type[mfn], PageTables.ENTRIES);
            }
        }
        for (DomainMemory d : f.domains()) {
            for (DomainMemory.ReferenceHolder holder : d.holders()) {
                holder.references((mfn, type) -> reference(mfn, type, "a vCPU of d" + d.domid()));
            }
        }
        others.visit((mfn, writable) ->
                reference(mfn, writable ? PageType.WRITABLE : PageType.NONE, "another"));
    }

    private void reference(long mfn, int type, String whose) {
        int i = (int) mfn;
        count[i]++;
        if (type != PageType.NONE) {
            typeCount[i]++;
            if (f.type[i] != type) {
                String wanted = PageType.noun(type);
                differences.add(f.describe(mfn) + ", but " + whose + " holds it as " + wanted);
            }
        }
    }

    private void countTable(int table, int type, int end) {
        DomainMemory d = f.ownerOf(table);
        boolean pae = type == PageType.L3 && d != null && d.compat();
        for (int slot = 0; slot < end; slot++) {
            if (!EntryRules.guestSlot(type, slot)) {
                continue;
            }
            long entry = f.memory().get64(((long) table << Pte.PAGE_SHIFT) + 8L * slot);
            if ((entry & Pte.P) != 0) {
                int wanted = pae && slot == 3 ? PageType.XEN_L2 : PageType.level(type) - 1;
                countEntry(table, PageType.level(type), slot, entry, wanted);
            }
        }
    }

    private void countEntry(int table, int level, int slot, long entry, int wanted) {
        long mfn = Pte.mfn(entry);
        String whose = "slot " + slot + " of l" + level + " table 0x" + Integer.toHexString(table);
        if (!f.valid(mfn)) {
            differences.add(whose + " names " + f.describe(mfn));
        } else if (level == 1) {
            boolean writable = (entry & Pte.RW) != 0;
            reference(mfn, writable ? PageType.WRITABLE : PageType.NONE, whose);
        } else if (mfn != table) {
            boolean sameLevel = PageType.isTable(f.type(mfn), level) && (entry & Pte.RW) == 0;
            if (sameLevel) {
                linear[table]++;
                linear[(int) mfn]--;
            }
            reference(mfn, sameLevel ? f.type(mfn) : wanted, whose);
        }
    }

    private void compareTranslations() {
        for (DomainMemory d : f.domains()) {
            for (String stale : d.staleTranslations()) {
                differences.add("d" + d.domid() + ": " + stale);
            }
        }
    }

    private void compareAll() {
        long[] owned = new long[FrameTable.XEN];
        for (int mfn = 0; mfn < count.length; mfn++) {
            if (count[mfn] != f.count[mfn]) {
                differences.add(f.describe(mfn) + ", counted references: " + count[mfn]);
            }
            if (typeCount[mfn] != f.typeCount[mfn]) {
                differences.add(f.describe(mfn) + ", counted type references: " + typeCount[mfn]);
            }
            if (linear[mfn] != f.linear[mfn]) {
                String kept = ", linear entries: " + f.linear[mfn];
                differences.add(f.describe(mfn) + kept + ", counted: " + linear[mfn]);
            }
            int owner = f.owner[mfn];
            if (owner >= 0 && owner < FrameTable.XEN && !f.isShared(mfn)) {
                owned[owner]++;
            }
            if ((owner == FrameTable.FREE) != f.isFree(mfn)) {
                differences.add(f.describe(mfn) + ", which the allocator denies");
            }
            if (owner == FrameTable.FREE && f.m2p().pfn(mfn) != MachineToPhysical.INVALID) {
                differences.add(f.describe(mfn) + " and has a pseudo-physical number");
            }
        }
        for (DomainMemory d : f.domains()) {
            if (owned[d.domid()] != d.totalPages()) {
                String kept = "d" + d.domid() + " owns " + d.totalPages() + " frames";
                differences.add(kept + ", counted: " + owned[d.domid()]);
            }
        }
    }
}
