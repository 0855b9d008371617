package xenolith.hypervisor.hypercall;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Gnttab;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantRefs;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.log.Refusals;

/**
 * grant_table_op(cmd, list, count) (public/grant_table.h). The elements of lists carry their own
 * status.
 */
final class GrantTableOp implements Handler {
    /** Bits of the command above this are an index to go on from, in cache flushes only. */
    private static final int CMD_MASK = 0xfff;

    /** What an element costs beside a page-table entry. */
    private static final int WEIGHT = 16;

    private final GrantMap map = new GrantMap();
    private final GrantCopy copy = new GrantCopy();
    private final GrantTransfer transfer = new GrantTransfer();

    @Override
    public long call(Vcpu v, long cmd, long list, long count, long a4, long a5) {
        int op = (int) cmd & CMD_MASK;
        long n = count & 0xffff_ffffL;
        if ((int) count < 0 || op != Gnttab.CACHE_FLUSH && ((int) cmd & ~CMD_MASK) != 0) {
            return v.refuse(Errno.EINVAL, "a list of " + n + " elements");
        }
        return switch (op) {
            case Gnttab.MAP_GRANT_REF -> each(v, op, list, n, 32, map::map);
            case Gnttab.UNMAP_GRANT_REF -> each(v, op, list, n, 24, map::unmap);
            case Gnttab.UNMAP_AND_REPLACE -> each(v, op, list, n, 24, map::replace);
            case Gnttab.TRANSFER ->
                    each(
                            v,
                            op,
                            list,
                            n,
                            GuestAccess.size(v, GrantTransfer.SIZE),
                            transfer::transfer);
            case Gnttab.COPY ->
                    each(v, op, list, n, GuestAccess.size(v, GrantCopy.SIZE), copy::copy);
            case Gnttab.SWAP_GRANT_REF -> each(v, op, list, n, 12, GrantTableOp::swap);
            case Gnttab.SETUP_TABLE -> n == 1 ? GrantFrames.setupTable(v, list) : none(v, list, n);
            case Gnttab.QUERY_SIZE -> n == 1 ? GrantFrames.querySize(v, list) : notOne(v, n);
            case Gnttab.GET_STATUS_FRAMES ->
                    n == 1 ? GrantFrames.statusFrames(v, list) : none(v, list, n);
            case Gnttab.SET_VERSION -> GrantFrames.setVersion(v, list);
            case Gnttab.GET_VERSION -> GrantFrames.getVersion(v, list);
            case Gnttab.CACHE_FLUSH -> cacheFlush(v, (int) cmd & ~CMD_MASK, list, n);
            default -> v.refuse(Errno.ENOSYS, "no operation " + op);
        };
    }

    /** One element of a list at its address: writes its status there, and returns it. */
    @FunctionalInterface
    private interface Element {
        int operate(Vcpu v, long at);
    }

    private static long each(Vcpu v, int cmd, long list, long n, int size, Element element) {
        GuestAccess.check(v, list, n * size);
        Refusals refusals = v.domain.hypervisor.log.refusals();
        for (long i = 0; i < n; i++) {
            long at = list + i * size;
            if (Continuation.due(v, i, WEIGHT)) {
                return Continuation.again(v, cmd, at, n - i);
            }
            if (inPage(at) + size > Pte.PAGE_SIZE) {
                GuestAccess.readable(v, at, size);
            }
            long said = refusals.said();
            int status = element.operate(v, at);
            if (status < 0 && refusals.said() == said) {
                refusals.unexplained(
                        v.domain.domid(), v.id, Hypercall.GRANT_TABLE_OP, cmd, at, status);
            }
        }
        return 0;
    }

    private static int inPage(long va) {
        return (int) va & Pte.PAGE_SIZE - 1;
    }

    /** {ref_a u32, ref_b u32, status s16}. */
    private static int swap(Vcpu v, long at) {
        long a = GuestAccess.get32(v, at);
        long b = GuestAccess.get32(v, at + 4);
        int status = GrantRefs.swap(table(v), a, b);
        GuestAccess.put16(v, at + 8, status);
        return status;
    }

    /** Of these two a 32-bit guest may make none, too. */
    private static long none(Vcpu v, long list, long n) {
        if (n != 0 || !v.domain.compat()) {
            return notOne(v, n);
        }
        GuestAccess.check(v, list, 0);
        return 0;
    }

    private static long notOne(Vcpu v, long n) {
        return v.refuse(Errno.EINVAL, "the operation takes one element, not " + n);
    }

    /** Says why an element's status is an error; returns {@code status}. */
    static int refuse(Vcpu v, int status, String sentence) {
        v.domain.refuse("status " + status + ": " + sentence);
        return status;
    }

    // ---- cache flushes -----------------------------------------------------------------------

    private static long cacheFlush(Vcpu v, int from, long list, long n) {
        GuestAccess.check(v, list, n * 16);
        for (long i = 0; i < n; i++) {
            long at = list + i * 16;
            if (Continuation.due(v, i, WEIGHT)) {
                return Continuation.again(v, Gnttab.CACHE_FLUSH, at, n - i);
            }
            int rc = cacheFlush(v, i == 0 ? from : 0, at);
            if (rc < 0) {
                return rc;
            }
        }
        return 0;
    }

    /**
     * {dev_bus_addr u64, offset u16, length u16, op u32}: there is no cache to flush, so what
     * counts is who may. Invalidating without writing back is not for this architecture.
     */
    private static int cacheFlush(Vcpu v, int from, long at) {
        long maddr = GuestAccess.get64(v, at);
        int offset = (int) GuestAccess.get16(v, at + 8);
        int length = (int) GuestAccess.get16(v, at + 10);
        int op = (int) GuestAccess.get32(v, at + 12);
        if (offset >= 4096
                || length > 4096
                || offset + length > 4096
                || (op & ~(Gnttab.CACHE_CLEAN | Gnttab.CACHE_INVAL)) != 0) {
            return v.refuse(Errno.EINVAL, "more than a page, or an unknown flush");
        }
        if (length == 0 || op == 0) {
            return from == 0 ? 0 : v.refuse(Errno.EILSEQ, "an empty flush cannot go on");
        }
        long mfn = maddr >>> 12;
        if (!v.domain.hypervisor.frames.valid(mfn)) {
            return v.refuse(Errno.EINVAL, v.domain.hypervisor.frames.describe(mfn));
        }
        int domid = v.domain.hypervisor.frames.owner(mfn);
        if (domid != v.domain.domid()) {
            Domain owner = domid < 0 ? null : v.domain.hypervisor.domain(domid);
            if (owner == null) {
                return v.refuse(Errno.EPERM, v.domain.hypervisor.frames.describe(mfn));
            }
            v.work += owner.grants.entryCount() >>> 4;
            if (!owner.grants.granted(mfn, v.domain.domid(), from)) {
                return v.refuse(Errno.EINVAL, "d" + domid + " has not granted that frame");
            }
        }
        return op == Gnttab.CACHE_INVAL
                ? v.refuse(Errno.EOPNOTSUPP, "invalidating without writing back")
                : 0;
    }

    // ---- whose table -------------------------------------------------------------------------

    static boolean own(Vcpu v, long domid) {
        return domid == Domid.SELF || domid == v.domain.domid();
    }

    /** The domain that {@code domid} names, which may be DOMID_SELF, or null. */
    static @Nullable Domain byAnyId(Vcpu v, int domid) {
        return domid == Domid.SELF ? v.domain : v.domain.hypervisor.domain(domid);
    }

    /** The table of the caller. */
    static GrantTable table(Vcpu v) {
        return v.domain.grants;
    }
}
