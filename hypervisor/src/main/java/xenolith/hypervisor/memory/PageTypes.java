package xenolith.hypervisor.memory;

import xenolith.abi.xen.Errno;

/**
 * Takes and drops type references. A frame gets a type when the first reference of it is taken, and
 * what it holds is validated then; it changes type only while the type count is 0.
 *
 * <p>Called with the lock of the frame table held.
 */
public final class PageTypes {
    /** A positive result: the frame is in use as something else. */
    static final int OTHER_TYPE = 1;

    private final FrameTable f;
    private final PageTables tables;
    private long spent;
    private long limit = Long.MAX_VALUE;

    PageTypes(FrameTable frames) {
        f = frames;
        tables = new PageTables(frames, this);
    }

    PageTables tables() {
        return tables;
    }

    /**
     * Takes a general and a {@code wanted} type reference on {@code mfn} (any value), which must be
     * domain {@code domid}'s; 0 or -errno. Says why if it refuses.
     */
    public int takeWithType(long mfn, int wanted, int domid) {
        if (!f.take(mfn, domid)) {
            f.log().refuse(domid, "wanted " + PageType.noun(wanted) + ": " + f.describe(mfn));
            return -Errno.EINVAL;
        }
        int rc = takeType(mfn, wanted, domid);
        if (rc != 0) {
            f.drop(mfn);
        }
        return rc;
    }

    /** Drops a type reference and a general one. */
    public void dropWithType(long mfn) {
        dropType(mfn, -1);
        f.drop(mfn);
    }

    /** Takes a {@code wanted} type reference on a frame on which the caller has a general one. */
    public int takeType(long mfn, int wanted, int domid) {
        int rc = takeTypeQuietly(mfn, wanted);
        if (rc == OTHER_TYPE) {
            f.log().refuse(domid, "wanted " + PageType.noun(wanted) + ": " + f.describe(mfn));
            return -Errno.EINVAL;
        }
        return rc;
    }

    /**
     * As {@link #takeType}; {@link #OTHER_TYPE}, and no sentence, if the frame has another type.
     */
    int takeTypeQuietly(long mfn, int wanted) {
        int i = (int) mfn;
        if (wanted != PageType.WRITABLE && f.isShared(mfn)) {
            return OTHER_TYPE;
        }
        if (f.partial(mfn)) {
            return f.type[i] == wanted ? resume(i, wanted) : OTHER_TYPE;
        }
        if (f.typeCount[i] == 0) {
            if (f.type[i] != wanted) {
                changeType(i, wanted);
            }
        } else if (f.type[i] != wanted
                || f.typeCount[i] == Integer.MAX_VALUE
                || (f.flags[i] & FrameTable.VALIDATED) == 0) {
            return OTHER_TYPE;
        }
        f.typeCount[i]++;
        if ((f.flags[i] & FrameTable.VALIDATED) != 0) {
            return 0;
        }
        return validate(i, wanted);
    }

    private void changeType(int mfn, int wanted) {
        f.type[mfn] = (byte) wanted;
        f.flags[mfn] &= ~FrameTable.VALIDATED;
    }

    /** Goes on where the validation of {@code mfn} was interrupted. */
    private int resume(int mfn, int wanted) {
        f.flags[mfn] &= ~FrameTable.PARTIAL;
        int rc = validateFrom(mfn, wanted, f.validatedSlots[mfn]);
        // If it is partial again, it took a reference of its own again.
        f.drop(mfn);
        return rc;
    }

    private int validate(int mfn, int wanted) {
        f.linear[mfn] = 0;
        return validateFrom(mfn, wanted, 0);
    }

    /** The caller holds a general reference; on failure the type reference is gone. */
    private int validateFrom(int mfn, int wanted, int slot) {
        DomainMemory d = f.ownerOf(mfn);
        if (d == null) {
            throw new IllegalStateException("type for " + f.describe(mfn));
        }
        int rc = 0;
        int validated = 0;
        if (PageType.isTable(wanted)) {
            f.validatedSlots[mfn] = (short) slot;
            rc = tables.promote(mfn, wanted, d);
            validated = f.validatedSlots[mfn];
        } else if (wanted == PageType.SEG_DESC) {
            rc = tables.checkDescriptors(mfn, d);
        }
        if (rc == 0) {
            f.flags[mfn] |= FrameTable.VALIDATED;
        } else if (rc == -Errno.ERESTART) {
            keepPartial(mfn, validated);
        } else {
            letGo(mfn, wanted, validated, d);
        }
        return rc;
    }

    private void keepPartial(int mfn, int slots) {
        f.validatedSlots[mfn] = (short) slots;
        f.flags[mfn] |= FrameTable.PARTIAL;
        f.count[mfn]++;
    }

    /** A table that failed validation at {@code slot}. */
    private void letGo(int mfn, int type, int slot, DomainMemory d) {
        int left = tables.demote(mfn, type, slot);
        if (left > 0) {
            keepPartial(mfn, left);
            d.addOldTable(mfn);
        } else {
            f.type[mfn] = PageType.NONE;
            f.typeCount[mfn] = 0;
        }
    }

    // ---- preemption --------------------------------------------------------------------------

    /**
     * Allows {@code units} of work, one for each entry that is validated or let go of, before long
     * operations answer -ERESTART; until {@link #allowAll}.
     */
    public void allow(int units) {
        spent = 0;
        limit = units;
    }

    /** Long operations run to their end again, as those of tools do. */
    public void allowAll() {
        limit = Long.MAX_VALUE;
    }

    /** Work done since {@link #allow}. */
    public long spent() {
        return spent;
    }

    void spend(int units) {
        spent += units;
    }

    boolean exhausted() {
        return spent >= limit;
    }

    /** Goes on letting go of {@code mfn}; false if the allowed work was done before its end. */
    boolean letGoOn(int mfn) {
        int left = tables.demote(mfn, f.type[mfn], f.validatedSlots[mfn]);
        f.validatedSlots[mfn] = (short) left;
        if (left > 0) {
            return false;
        }
        f.flags[mfn] &= ~FrameTable.PARTIAL;
        f.typeCount[mfn]--;
        f.drop(mfn);
        return true;
    }

    /**
     * Drops a type reference; {@code parent} is the table whose entry held it, or -1. When the last
     * one goes, a page table lets go of all that its entries name.
     */
    void dropType(long mfn, long parent) {
        int i = (int) mfn;
        if (f.typeCount[i] <= 0) {
            throw new IllegalStateException("no type reference to drop: " + f.describe(mfn));
        }
        if (parent >= 0 && PageType.level(f.type[(int) parent]) == PageType.level(f.type[i])) {
            f.linear[i]++;
            f.linear[(int) parent]--;
        }
        if (f.typeCount[i] == 1
                && PageType.isTable(f.type[i])
                && (f.flags[i] & FrameTable.VALIDATED) != 0) {
            f.flags[i] &= ~FrameTable.VALIDATED;
            DomainMemory d = f.ownerOf(i);
            if (d != null && f.type[i] == d.topType()) {
                d.forgetRoot(mfn);
            }
            int left = tables.demote(i, f.type[i], PageTables.ENTRIES);
            if (left > 0 && d != null) {
                keepPartial(i, left);
                d.addOldTable(i);
                return;
            }
        }
        f.typeCount[i]--;
    }

    // ---- pinning -----------------------------------------------------------------------------

    /** Pins {@code mfn} (any value) of {@code d} as a table of {@code level}; 0 or -errno. */
    public int pin(DomainMemory d, long mfn, int level) {
        int rc = takeWithType(mfn, level, d.domid());
        if (rc != 0) {
            return rc;
        }
        if (f.pinned(mfn)) {
            dropWithType(mfn);
            d.frames().log().refuse(d.domid(), "pinned already: " + f.describe(mfn));
            return -Errno.EINVAL;
        }
        f.flags[(int) mfn] |= FrameTable.PINNED;
        return 0;
    }

    /** Unpins {@code mfn} (any value) of {@code d}; 0 or -errno. */
    public int unpin(DomainMemory d, long mfn) {
        if (f.owner(mfn) != d.domid() || !f.pinned(mfn)) {
            f.log().refuse(d.domid(), "not pinned: " + f.describe(mfn));
            return -Errno.EINVAL;
        }
        unpin((int) mfn);
        return 0;
    }

    void unpin(int mfn) {
        f.flags[mfn] &= ~FrameTable.PINNED;
        dropWithType(mfn);
    }
}
