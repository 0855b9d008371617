package xenolith.hypervisor.grant;

import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

/** Uses of grants by GNTTABOP_copy: also of parts of pages, and of grants that pass others on. */
public final class GrantCopying {
    /**
     * One end of a copy; a general reference on {@code mfn} is held if {@code status} is 0.
     *
     * @param status 0 or a negative {@link GrantStatus}
     * @param start first byte that may be used
     * @param length how many bytes may be used
     */
    public record End(int status, long mfn, int start, int length) {
        static End failed(int status) {
            return new End(status, -1, 0, 0);
        }
    }

    private GrantCopying() {}

    /** Begins the use of {@code ref} of {@code t} by domain {@code domid}. */
    public static End acquire(GrantTable t, long ref, int domid, boolean readOnly) {
        return acquire(t, ref, domid, readOnly, true);
    }

    private static End acquire(
            GrantTable t, long ref, int domid, boolean readOnly, boolean transitive) {
        if (!t.valid(ref)) {
            return End.failed(t.refuse(ref, GrantStatus.BAD_GNTREF, "the table ends before"));
        }
        int r = (int) ref;
        ActiveEntry act = t.active(r);
        if (!act.admits(domid, increment(readOnly))) {
            return End.failed(t.refuse(ref, GrantStatus.GENERAL_ERROR, "in use otherwise"));
        }
        boolean passedOn =
                t.version() == 2 && (t.entries().header(r) & Gnttab.TYPE_MASK) == Gnttab.TRANSITIVE;
        boolean claim = !act.inUse() || !readOnly && !act.written();
        int rc;
        if (passedOn) {
            rc = passOn(t, r, act, domid, readOnly, transitive, claim);
        } else if (claim) {
            rc = claimOwn(t, r, act, domid, readOnly);
        } else {
            rc = again(t, r, act, readOnly);
        }
        if (rc != 0) {
            return End.failed(rc);
        }
        act.pin += increment(readOnly);
        return new End(0, act.mfn, act.start, act.length);
    }

    private static int increment(boolean readOnly) {
        return readOnly ? ActiveEntry.HOST_READ : ActiveEntry.HOST_WRITE;
    }

    /** A grant that is in use in the same way: its page is known. */
    private static int again(GrantTable t, int ref, ActiveEntry act, boolean readOnly) {
        if (t.frames().getPage(act.mfn, t.owner().domid())) {
            return GrantStatus.OKAY;
        }
        t.reduceStatus(ref, act, readOnly);
        return t.refuse(ref, GrantStatus.BAD_DOMAIN, t.frames().describe(act.mfn));
    }

    private static int claimOwn(
            GrantTable t, int ref, ActiveEntry act, int domid, boolean readOnly) {
        int rc = EntryClaim.claim(t, ref, act, readOnly, false, domid);
        if (rc != 0) {
            return rc;
        }
        SharedEntries e = t.entries();
        boolean part = t.version() == 2 && (e.header(ref) & Gnttab.SUB_PAGE) != 0;
        long mfn = e.frame(ref);
        int start = part ? e.subWord(ref) : 0;
        int length = part ? e.subLength(ref) : MachineMemory.FRAME_SIZE;
        FrameTable frames = t.frames();
        if (!frames.getPage(mfn, t.owner().domid())) {
            t.reduceStatus(ref, act, readOnly);
            return t.refuse(ref, GrantStatus.BAD_PAGE, frames.describe(mfn));
        }
        if (!act.inUse()) {
            act.set(domid, mfn, start, length, part);
            t.addVersion2Uses(part ? 1 : 0);
            return GrantStatus.OKAY;
        }
        boolean same =
                act.mfn == mfn
                        && act.through == null
                        && (!act.subPage || part && act.start == start && act.length == length);
        if (!same) {
            frames.putPage(mfn);
            t.reduceStatus(ref, act, readOnly);
            return t.refuse(ref, GrantStatus.GENERAL_ERROR, "changed while it is in use");
        }
        return GrantStatus.OKAY;
    }

    private static int passOn(
            GrantTable t,
            int ref,
            ActiveEntry act,
            int domid,
            boolean readOnly,
            boolean allowed,
            boolean claim) {
        if (claim) {
            int rc = EntryClaim.claim2(t, ref, act, readOnly, false, domid);
            if (rc != 0) {
                return rc;
            }
        }
        int through = t.entries().subWord(ref);
        long throughRef = t.entries().transitiveRef(ref);
        GrantTable granter = t.tableOf(through);
        if (!allowed || through == t.owner().domid() || granter == null) {
            t.reduceStatus(ref, act, readOnly);
            return t.refuse(
                    ref,
                    GrantStatus.GENERAL_ERROR,
                    !allowed
                            ? "it passes a grant on a second time"
                            : "it passes on a grant of d" + through);
        }
        End end = acquire(granter, throughRef, t.owner().domid(), readOnly, false);
        if (end.status != 0) {
            t.reduceStatus(ref, act, readOnly);
            return end.status;
        }
        if (!act.inUse()) {
            // Taken for a part of a page, whatever it is: so it cannot be mapped.
            act.set(domid, end.mfn, end.start, end.length, true);
            act.through = granter;
            act.throughRef = (int) throughRef;
            t.addVersion2Uses(1);
            return GrantStatus.OKAY;
        }
        boolean same =
                act.mfn == end.mfn
                        && act.start == end.start
                        && act.length == end.length
                        && act.through == granter
                        && act.throughRef == (int) throughRef
                        && act.subPage;
        if (!same) {
            t.frames().putPage(end.mfn);
            release(granter, (int) throughRef, readOnly);
            t.reduceStatus(ref, act, readOnly);
            return t.refuse(ref, GrantStatus.GENERAL_ERROR, "changed while it is in use");
        }
        return GrantStatus.OKAY;
    }

    /** Ends the use of {@code ref}; the page reference is the caller's to drop. */
    public static void release(GrantTable t, int ref, boolean readOnly) {
        ActiveEntry act = t.active(ref);
        GrantTable through = act.through;
        int throughRef = act.throughRef;
        act.pin -= increment(readOnly);
        t.reduceStatus(ref, act, readOnly);
        if (!act.inUse() && act.subPage) {
            t.addVersion2Uses(-1);
        }
        if (through != null) {
            release(through, throughRef, readOnly);
        }
    }
}
