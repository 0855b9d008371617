package xenolith.hypervisor.memory;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;

/**
 * Looks at what is in validated frames: no entry may hold a bit that it could not be given, name a
 * frame that it could not name, or differ from what the hypervisor keeps in its own slots. Counts
 * are {@link Recount}'s.
 */
final class RuleCheck {
    private final FrameTable f;
    private final List<String> differences;

    private final Recount.OtherReferences others;
    private final Map<Foreign, Integer> foreign = new HashMap<>();

    /** An entry of {@code domid}'s tables that names another domain's frame. */
    private record Foreign(int domid, long mfn, boolean writable) {}

    RuleCheck(FrameTable frames, Recount.OtherReferences others, List<String> differences) {
        this.f = frames;
        this.others = others;
        this.differences = differences;
    }

    void check() {
        for (int mfn = 0; mfn < f.owner.length; mfn++) {
            boolean validated = (f.flags[mfn] & FrameTable.VALIDATED) != 0;
            int type = f.type[mfn];
            if (f.owner[mfn] == FrameTable.FREE) {
                checkFree(mfn);
            } else if (validated && PageType.isTable(type)) {
                checkTable(mfn, type);
            } else if (validated && type == PageType.SEG_DESC && f.typeCount[mfn] > 0) {
                checkDescriptors(mfn);
            } else if (!validated && !f.partial(mfn) && f.typeCount[mfn] > 0) {
                differences.add(f.describe(mfn) + ", in use but not validated");
            }
        }
        foreign.forEach(this::checkForeign);
    }

    private void checkForeign(Foreign who, int entries) {
        int granted = others.foreignEntries(who.domid(), who.mfn(), who.writable());
        if (entries > granted) {
            String how = who.writable() ? " writable" : " read-only";
            String kept = " entries of d" + who.domid() + how + ", granted: " + granted;
            differences.add(f.describe(who.mfn()) + ", in " + entries + kept);
        }
    }

    private void checkFree(int mfn) {
        if (f.flags[mfn] != 0 || f.typeCount[mfn] != 0 || f.count[mfn] != 0) {
            differences.add(f.describe(mfn) + ", but it has flags or counts");
        }
    }

    private void checkTable(int table, int type) {
        int level = PageType.level(type);
        DomainMemory d = f.ownerOf(table);
        if (d == null) {
            differences.add(f.describe(table) + ", a page table of nobody");
            return;
        }
        if (f.typeCount[table] == 0) {
            differences.add(f.describe(table) + ", validated but not in use");
        }
        for (int slot = 0; slot < PageTables.ENTRIES; slot++) {
            long entry = f.memory().get64(((long) table << Pte.PAGE_SHIFT) + 8L * slot);
            if (level == 4 && !EntryRules.guestSlot(slot)) {
                checkXenSlot(table, slot, entry, d);
            } else if ((entry & Pte.P) != 0 && EntryRules.guestSlot(type, slot)) {
                checkEntry(table, level, slot, entry, d);
            }
        }
    }

    private void checkXenSlot(int table, int slot, long entry, DomainMemory d) {
        boolean m2p = slot == DomainMemory.FIRST_XEN_SLOT;
        // Only the machine-to-physical table comes and goes; A and D are the processor's.
        long changed = (entry ^ d.xenSlot(slot)) & ~(Pte.A | Pte.D);
        if (changed != 0 && !(m2p && entry == 0)) {
            differences.add(at(table, 4, slot, entry) + ": not what the hypervisor keeps there");
        }
    }

    private void checkEntry(int table, int level, int slot, long entry, DomainMemory d) {
        // The hypervisor's own bits in an entry of a guest's kernel are fine.
        long refused = EntryRules.refused(entry & ~EntryRules.GUEST_KERNEL, level, d.abi());
        if (refused != 0) {
            String bits = ": bits 0x" + Long.toHexString(refused);
            differences.add(at(table, level, slot, entry) + bits);
        }
        if (EntryRules.adjust(entry, level, d.abi()) != entry) {
            differences.add(at(table, level, slot, entry) + ": without the bits it must have");
        }
        long mfn = Pte.mfn(entry);
        if (level > 1 && f.owner(mfn) != d.domid()) {
            differences.add(at(table, level, slot, entry) + ": " + f.describe(mfn));
        }
        boolean writable = level == 1 && (entry & Pte.RW) != 0;
        if (level == 1 && f.valid(mfn) && f.owner(mfn) != d.domid()) {
            foreign.merge(new Foreign(d.domid(), mfn, writable), 1, Integer::sum);
        }
        if (writable && f.valid(mfn) && f.type(mfn) != PageType.WRITABLE) {
            differences.add(at(table, level, slot, entry) + ": writable, but " + f.describe(mfn));
        }
    }

    private String at(int table, int level, int slot, long entry) {
        return String.format("slot %d of l%d table 0x%x is 0x%x", slot, level, table, entry);
    }

    private void checkDescriptors(int mfn) {
        DomainMemory d = f.ownerOf(mfn);
        Abi abi = d == null ? Abi.BITS64 : d.abi();
        for (int slot = 0; slot < PageTables.ENTRIES; slot++) {
            long descriptor = f.memory().get64(((long) mfn << Pte.PAGE_SHIFT) + 8L * slot);
            if (!SegmentDescriptors.stored(descriptor, abi)) {
                differences.add(
                        String.format(
                                "descriptor %d of %s is 0x%x", slot, f.describe(mfn), descriptor));
            }
        }
    }
}
