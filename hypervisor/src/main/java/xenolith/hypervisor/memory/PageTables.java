package xenolith.hypervisor.memory;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.memory.MachineMemory;

/**
 * Validation of page tables: what an entry may name, and what a table takes and lets go of as it
 * becomes one and ceases to be one.
 */
final class PageTables {
    static final int ENTRIES = 512;

    /** Entries of a 32-bit guest's level-3 table. */
    private static final int PAE_ENTRIES = 4;

    /** Frame number in an entry with all address bits set: the guest's own "invalid". */
    private static final long INVALID_MFN = Pte.ADDRESS >>> Pte.PAGE_SHIFT;

    private final FrameTable f;
    private final PageTypes types;
    private final MachineMemory memory;

    PageTables(FrameTable frames, PageTypes types) {
        this.f = frames;
        this.types = types;
        this.memory = frames.memory();
    }

    private static long address(long table, int slot) {
        return (table << Pte.PAGE_SHIFT) + 8L * slot;
    }

    // ---- entries -----------------------------------------------------------------------------

    /**
     * Takes the references that the present {@code entry} of {@code table} (of {@code level})
     * stands for; 0 or -errno.
     */
    int takeEntry(long entry, int level, long table, DomainMemory d) {
        return takeEntry(entry, level, table, d, d.domid());
    }

    /** As the other one; a level-1 entry may name a frame of domain {@code pageOwner}. */
    int takeEntry(long entry, int level, long table, DomainMemory d, int pageOwner) {
        long refused = EntryRules.refused(entry, level, d.abi());
        if (refused != 0) {
            return refuse(d, entry, level, "bits 0x" + Long.toHexString(refused), -Errno.EINVAL);
        }
        return level == 1 ? takePage(entry, d, pageOwner) : takeTable(entry, level, table, d);
    }

    private int takePage(long entry, DomainMemory d, int pageOwner) {
        long mfn = Pte.mfn(entry);
        if (!f.valid(mfn)) {
            int rc = mfn == INVALID_MFN ? -Errno.EINVAL : -Errno.EPERM;
            return refuse(d, entry, 1, f.describe(mfn), rc);
        }
        if (!f.take(mfn, pageOwner)) {
            return refuse(d, entry, 1, f.describe(mfn), -Errno.EBUSY);
        }
        if ((entry & Pte.RW) != 0 && types.takeTypeQuietly(mfn, PageType.WRITABLE) != 0) {
            f.drop(mfn);
            String why = f.describe(mfn) + ", which may not be mapped writable";
            return refuse(d, entry, 1, why, -Errno.EBUSY);
        }
        return 0;
    }

    private int takeTable(long entry, int level, long table, DomainMemory d) {
        long mfn = Pte.mfn(entry);
        if (!f.take(mfn, d.domid())) {
            return refuse(d, entry, level, f.describe(mfn), -Errno.EINVAL);
        }
        int rc = types.takeTypeQuietly(mfn, level - 1);
        if (rc == PageTypes.OTHER_TYPE) {
            f.drop(mfn);
            return d.compat() && level == 3
                    ? notATable(entry, level, mfn, d)
                    : takeLinear(entry, level, table, d);
        }
        if (rc != 0) {
            f.drop(mfn);
            return rc == -Errno.ERESTART ? rc : refuse(d, entry, level, f.describe(mfn), rc);
        }
        return 0;
    }

    /**
     * A "linear" entry: it names a table of its own level, read-only, so that entries appear as
     * pages. Chains of them are refused by a count that is positive in tables that have such
     * entries and negative in tables that they name (XSA-240).
     */
    private int takeLinear(long entry, int level, long table, DomainMemory d) {
        long mfn = Pte.mfn(entry);
        int t = (int) table;
        int i = (int) mfn;
        if ((entry & Pte.RW) == 0 && mfn == table) {
            return 0;
        }
        boolean ok =
                (entry & Pte.RW) == 0
                        && PageType.isTable(f.type(mfn), level)
                        && f.validated(mfn)
                        && f.typeCount[i] != 0
                        && f.linear[t] >= 0
                        && f.linear[t] < Short.MAX_VALUE
                        && f.linear[i] <= 0
                        && f.linear[i] > Short.MIN_VALUE
                        && f.typeCount[i] != Integer.MAX_VALUE
                        && f.take(mfn, d.domid());
        if (!ok) {
            return notATable(entry, level, mfn, d);
        }
        f.linear[t]++;
        f.linear[i]--;
        f.typeCount[i]++;
        return 0;
    }

    private int notATable(long entry, int level, long mfn, DomainMemory d) {
        String why = f.describe(mfn) + ", not an l" + (level - 1) + " table";
        return refuse(d, entry, level, why, -Errno.EINVAL);
    }

    private int refuse(DomainMemory d, long entry, int level, String why, int rc) {
        String what = "l" + level + " entry 0x" + Long.toHexString(entry) + ": ";
        f.log().refuse(d.domid(), what + why);
        return rc;
    }

    /** Drops what {@link #takeEntry} took for {@code entry}; nothing if it is not present. */
    void dropEntry(long entry, int level, long table) {
        if ((entry & Pte.P) == 0) {
            return;
        }
        long mfn = Pte.mfn(entry);
        if (level == 1) {
            dropPage(mfn, (entry & Pte.RW) != 0, table);
        } else if (mfn != table) {
            types.dropType(mfn, table);
            f.drop(mfn);
        }
    }

    /**
     * A mapping of another domain's frame (by a grant) that goes without its TLB entry would allow
     * stores to the frame after its owner has made it a page table; one of a frame that was given
     * up already, after it was freed and has a new owner.
     */
    private void dropPage(long mfn, boolean writable, long table) {
        boolean foreign = f.owner(table) != f.owner(mfn);
        if (foreign || !f.allocated(mfn)) {
            dropTranslations(mfn, foreign, f.ownerOf(table));
        }
        if (writable) {
            types.dropType(mfn, -1);
        }
        f.drop(mfn);
    }

    private static void dropTranslations(long mfn, boolean foreign, @Nullable DomainMemory mapper) {
        if (mapper == null) {
            return;
        }
        if (foreign) {
            mapper.flush();
        } else {
            mapper.dropTranslations(mfn);
        }
    }

    // ---- tables ------------------------------------------------------------------------------

    /**
     * Validates the entries of {@code table}, which becomes one of {@code type}, from {@link
     * FrameTable#validatedSlots} on, which afterwards says how far it came: the caller lets go of
     * that if it fails. 0 or -errno; -ERESTART if it is to go on later.
     */
    int promote(int table, int type, DomainMemory d) {
        boolean pae = type == PageType.L3 && d.compat();
        int rc = promoteAll(table, type, pae ? PAE_ENTRIES - 1 : ENTRIES, d);
        if (rc == 0 && pae) {
            rc = promotePae(table, d);
        }
        if (rc == 0 && type == PageType.L4) {
            writeXenSlots(table, d);
        } else if (rc == 0 && type == PageType.XEN_L2) {
            d.writeXenL2Slots(table);
        }
        return rc;
    }

    /**
     * A 32-bit guest's level-3 table has four entries; the processor sees the whole page, so that
     * the rest is cleared. The last one names a table that nobody else may use: it gets the
     * hypervisor's entries.
     */
    private int promotePae(int table, DomainMemory d) {
        for (int slot = PAE_ENTRIES; slot < ENTRIES; slot++) {
            memory.put64(address(table, slot), 0);
        }
        long at = address(table, PAE_ENTRIES - 1);
        long last = memory.get64(at);
        int rc = takeXenL2(last, d);
        if (rc == 0) {
            memory.put64(at, EntryRules.adjust(last, 3, d.abi()));
        } else if (rc != -Errno.ERESTART) {
            f.log().refuse(d.domid(), "frame 0x" + Integer.toHexString(table) + ": l3 slot 3");
        }
        return rc;
    }

    private int takeXenL2(long entry, DomainMemory d) {
        long refused = EntryRules.refused(entry, 3, d.abi());
        if ((entry & Pte.P) == 0 || refused != 0) {
            return refuse(d, entry, 3, "bits 0x" + Long.toHexString(refused), -Errno.EINVAL);
        }
        long mfn = Pte.mfn(entry);
        int rc = types.takeWithType(mfn, PageType.XEN_L2, d.domid());
        if (rc == 0 && f.typeCount(mfn) != 1) {
            types.dropWithType(mfn);
            return refuse(d, entry, 3, f.describe(mfn) + ", which is shared", -Errno.EINVAL);
        }
        return rc;
    }

    private int promoteAll(int table, int type, int end, DomainMemory d) {
        long host = memory.host(address(table, 0));
        int first = f.validatedSlots[table];
        for (int slot = first; slot < end; slot++) {
            f.validatedSlots[table] = (short) slot;
            long entry = HostMemory.get64(host + 8L * slot);
            if ((entry & Pte.P) == 0 || !EntryRules.guestSlot(type, slot)) {
                continue;
            }
            if (slot > first && types.exhausted()) {
                return -Errno.ERESTART;
            }
            types.spend(1);
            int rc = promoteEntry(table, type, slot, entry, d);
            if (rc != 0) {
                return rc;
            }
        }
        f.validatedSlots[table] = (short) end;
        return 0;
    }

    private int promoteEntry(int table, int type, int slot, long entry, DomainMemory d) {
        int level = PageType.level(type);
        int rc = takeEntry(entry, level, table, d);
        if (rc != 0) {
            if (rc != -Errno.ERESTART) {
                String name = "frame 0x" + Integer.toHexString(table);
                f.log().refuse(d.domid(), name + " cannot be an l" + level + ": slot " + slot);
            }
            return rc;
        }
        long adjusted = EntryRules.adjust(entry, level, d.abi());
        if (adjusted != entry) {
            memory.put64(address(table, slot), adjusted);
        }
        return 0;
    }

    private void writeXenSlots(int table, DomainMemory d) {
        int first = DomainMemory.FIRST_XEN_SLOT;
        for (int slot = first; slot < first + DomainMemory.XEN_SLOTS; slot++) {
            boolean m2p = slot == first;
            long entry = m2p && !d.m2pStrict() ? 0 : d.xenSlot(slot);
            memory.put64(address(table, slot), entry);
        }
    }

    /**
     * Drops what the entries of the first {@code end} slots of {@code table} hold, from the last
     * one down; how many slots are left when the allowed work is done, 0 if none is. One at least
     * is let go of.
     */
    int demote(int table, int type, int end) {
        long host = memory.host(address(table, 0));
        boolean any = false;
        for (int slot = end - 1; slot >= 0; slot--) {
            long entry = HostMemory.get64(host + 8L * slot);
            if ((entry & Pte.P) != 0 && EntryRules.guestSlot(type, slot)) {
                if (any && types.exhausted()) {
                    return slot + 1;
                }
                any = true;
                types.spend(1);
                dropEntry(entry, PageType.level(type), table);
            }
        }
        return 0;
    }

    /** Checks and corrects all descriptors in {@code mfn}; 0 or -errno. */
    int checkDescriptors(int mfn, DomainMemory d) {
        for (int slot = 0; slot < ENTRIES; slot++) {
            long descriptor = memory.get64(address(mfn, slot));
            if (!SegmentDescriptors.acceptable(descriptor, d.abi())) {
                String what = "descriptor 0x" + Long.toHexString(descriptor);
                f.log().refuse(d.domid(), what + " in slot " + slot + " of " + f.describe(mfn));
                return -Errno.EINVAL;
            }
            long fixed = SegmentDescriptors.fixed(descriptor, d.abi());
            if (fixed != descriptor) {
                memory.put64(address(mfn, slot), fixed);
            }
        }
        return 0;
    }
}
