package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.grant.GrantTable;

/**
 * grant_table_op(cmd, list, count) (public/grant_table.h), version 1 tables. The elements carry
 * their own status; transfer, dump, status frames and cache flushes are not there.
 */
final class GrantTableOp implements Handler {
    private static final int MAP = 0;
    private static final int UNMAP = 1;
    private static final int SETUP_TABLE = 2;
    private static final int COPY = 5;
    private static final int QUERY_SIZE = 6;
    private static final int UNMAP_AND_REPLACE = 7;
    private static final int SET_VERSION = 8;
    private static final int GET_VERSION = 10;

    /** What an element costs beside a page-table entry. */
    private static final int WEIGHT = 16;

    private final GrantMap map = new GrantMap();
    private final GrantCopy copy = new GrantCopy();

    @Override
    public long call(Vcpu v, long cmd, long list, long count, long a4, long a5) {
        long n = count & 0xffff_ffffL;
        if ((int) count < 0) {
            return v.refuse(Errno.EINVAL, "a list of " + n + " elements");
        }
        return switch ((int) cmd) {
            case MAP -> each(v, cmd, list, n, 32, map::map);
            case UNMAP -> each(v, cmd, list, n, 24, (w, at) -> map.unmap(w, at, false));
            case UNMAP_AND_REPLACE -> each(v, cmd, list, n, 24, (w, at) -> map.unmap(w, at, true));
            case COPY -> each(v, cmd, list, n, 40, copy::copy);
            case SETUP_TABLE -> n == 1 ? setupTable(v, list) : notOne(v, n);
            case QUERY_SIZE -> n == 1 ? querySize(v, list) : notOne(v, n);
            case SET_VERSION -> n == 1 ? setVersion(v, list) : notOne(v, n);
            case GET_VERSION -> n == 1 ? getVersion(v, list) : notOne(v, n);
            default -> v.refuse(Errno.ENOSYS, "operation " + (int) cmd + " is not there");
        };
    }

    private static long notOne(Vcpu v, long n) {
        return v.refuse(Errno.EINVAL, "the operation takes one element, not " + n);
    }

    /** Says why an element's status is an error; returns {@code status}. */
    static int refuse(Vcpu v, int status, String sentence) {
        v.domain.refuse("status " + status + ": " + sentence);
        return status;
    }

    private static int foreign(Vcpu v) {
        return refuse(v, GrantStatus.PERMISSION_DENIED, "only domain 0 may name another domain");
    }

    /** One element of a list at its address. */
    @FunctionalInterface
    private interface Element {
        void operate(Vcpu v, long at);
    }

    private static long each(Vcpu v, long cmd, long list, long n, int size, Element element) {
        for (long i = 0; i < n; i++) {
            long at = list + i * size;
            if (Continuation.due(v, i, WEIGHT)) {
                return Continuation.again(v, cmd, at, n - i);
            }
            element.operate(v, at);
        }
        return 0;
    }

    static boolean own(Vcpu v, long domid) {
        return domid == Domid.SELF || domid == v.domain.domid();
    }

    /** The table of the caller, which is a guest and so has one. */
    static GrantTable table(Vcpu v) {
        return table(v.domain);
    }

    static GrantTable table(Domain d) {
        return java.util.Objects.requireNonNull(d.grants);
    }

    /** {dom u16, nr_frames u32 at 4, status s16 at 8, frame_list at 16}. */
    private static long setupTable(Vcpu v, long arg) {
        int status;
        if (!own(v, GuestAccess.get16(v, arg))) {
            status = foreign(v);
        } else {
            long frames = GuestAccess.get32(v, arg + 4);
            GrantTable table = table(v);
            if (frames > table.maxFrames() || !table.grow((int) frames)) {
                String most = " frames, but a table has at most " + table.maxFrames();
                status = refuse(v, GrantStatus.GENERAL_ERROR, frames + most);
            } else {
                long list = GuestAccess.get64(v, arg + 16);
                for (int i = 0; i < frames; i++) {
                    GuestAccess.put64(v, list + 8L * i, table.frame(i));
                }
                status = GrantStatus.OKAY;
            }
        }
        GuestAccess.put16(v, arg + 8, status);
        return 0;
    }

    /** {dom u16, nr_frames u32 at 4, max u32 at 8, status s16 at 12}. */
    private static long querySize(Vcpu v, long arg) {
        if (!own(v, GuestAccess.get16(v, arg))) {
            GuestAccess.put16(v, arg + 12, foreign(v));
            return 0;
        }
        GuestAccess.put32(v, arg + 4, table(v).frameCount());
        GuestAccess.put32(v, arg + 8, table(v).maxFrames());
        GuestAccess.put16(v, arg + 12, GrantStatus.OKAY);
        return 0;
    }

    private static long setVersion(Vcpu v, long arg) {
        long version = GuestAccess.get32(v, arg);
        GuestAccess.put32(v, arg, 1);
        if (version == 1) {
            return 0;
        }
        int errno = version == 2 ? Errno.ENOSYS : Errno.EINVAL;
        return v.refuse(errno, "tables of version " + version + " are not there");
    }

    /** {dom u16, version u32 at 4}. */
    private static long getVersion(Vcpu v, long arg) {
        if (!own(v, GuestAccess.get16(v, arg))) {
            return v.refuse(Errno.EPERM, "only domain 0 may name another domain");
        }
        GuestAccess.put32(v, arg + 4, 1);
        return 0;
    }
}
