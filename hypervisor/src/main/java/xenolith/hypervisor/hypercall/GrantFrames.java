package xenolith.hypervisor.hypercall;

import java.util.function.IntToLongFunction;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.grant.GrantStatus;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.grant.VersionSwitch;

/** The operations of grant_table_op that concern a table as a whole: its frames and its version. */
final class GrantFrames {
    private static final String FOREIGN = "only domain 0 may name another domain";

    private GrantFrames() {}

    /** Status for an operation on the table of {@code domid}: 0 if it is the caller's. */
    private static int permission(Vcpu v, int domid) {
        if (GrantTableOp.own(v, domid)) {
            return GrantStatus.OKAY;
        }
        return GrantTableOp.byAnyId(v, domid) == null
                ? GrantTableOp.refuse(v, GrantStatus.BAD_DOMAIN, "there is no domain " + domid)
                : GrantTableOp.refuse(v, GrantStatus.PERMISSION_DENIED, FOREIGN);
    }

    /** {dom u16, nr_frames u32 at 4, status s16 at 8, frame_list}. */
    static long setupTable(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8 + 2 * v.domain.abi().word());
        int domid = (int) GuestAccess.get16(v, arg);
        long frames = GuestAccess.get32(v, arg + 4);
        int word = v.domain.abi().word();
        // Behind the status, aligned to a word.
        long list = GuestAccess.word(v, arg + 8 + word, 0);
        GuestAccess.check(v, list, frames * word);
        GrantTable table = GrantTableOp.table(v);
        int status = permission(v, domid);
        if (status == 0 && frames > table.maxFrames() || status == 0 && !table.grow((int) frames)) {
            String most = " frames, but a table has at most " + table.maxFrames();
            status = GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, frames + most);
        } else if (status == 0) {
            status = tell(v, list, word, (int) frames, table::frame);
        }
        GuestAccess.put16(v, arg + 8, status);
        return 0;
    }

    /** {nr_frames u32, dom u16, status s16 at 6, frame_list at 8}. */
    static long statusFrames(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 16);
        long frames = GuestAccess.get32(v, arg);
        int domid = (int) GuestAccess.get16(v, arg + 4);
        long list = GuestAccess.word(v, arg + 8, 0);
        GuestAccess.check(v, list, frames * 8);
        GrantTable table = GrantTableOp.table(v);
        int status = permission(v, domid);
        if (status == 0 && frames > table.statusFrameCount()) {
            String has = " status frames, but there are " + table.statusFrameCount();
            status = GrantTableOp.refuse(v, GrantStatus.GENERAL_ERROR, frames + has);
        } else if (status == 0) {
            status = tell(v, list, 8, (int) frames, table::statusFrame);
        }
        GuestAccess.put16(v, arg + 6, status);
        return 0;
    }

    /**
     * Writes frame numbers of {@code size} bytes. A list that cannot be written is a status of the
     * operation.
     */
    private static int tell(Vcpu v, long list, int size, int frames, IntToLongFunction mfn) {
        int status = GrantStatus.OKAY;
        for (int i = 0; i < frames; i++) {
            try {
                long at = list + (long) size * i;
                if (size == 8) {
                    GuestAccess.put64(v, at, mfn.applyAsLong(i));
                } else {
                    GuestAccess.put32(v, at, mfn.applyAsLong(i));
                }
            } catch (GuestAccessException e) {
                status = GrantStatus.BAD_VIRT_ADDR;
            }
        }
        return status;
    }

    /** {dom u16, nr_frames u32 at 4, max u32 at 8, status s16 at 12}. */
    static long querySize(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 16);
        int status = permission(v, (int) GuestAccess.get16(v, arg));
        if (status == 0) {
            GuestAccess.put32(v, arg + 4, GrantTableOp.table(v).frameCount());
            GuestAccess.put32(v, arg + 8, GrantTableOp.table(v).maxFrames());
        }
        GuestAccess.put16(v, arg + 12, status);
        return 0;
    }

    /** {version u32}: answers the version that is in force then. */
    static long setVersion(Vcpu v, long arg) {
        long version = GuestAccess.get32(v, arg);
        GrantTable table = GrantTableOp.table(v);
        int rc = VersionSwitch.set(table, version);
        v.work += table.entryCount() >>> 4;
        GuestAccess.put32(v, arg, table.version());
        return rc == -Errno.EINVAL ? v.refuse(Errno.EINVAL, "no version " + version) : rc;
    }

    /** {dom u16, version u32 at 4}. */
    static long getVersion(Vcpu v, long arg) {
        GuestAccess.readable(v, arg, 8);
        int domid = (int) GuestAccess.get16(v, arg);
        if (!GrantTableOp.own(v, domid)) {
            return GrantTableOp.byAnyId(v, domid) == null
                    ? v.refuse(Errno.ESRCH, "there is no domain " + domid)
                    : v.refuse(Errno.EPERM, FOREIGN);
        }
        GuestAccess.put32(v, arg + 4, GrantTableOp.table(v).version());
        return 0;
    }
}
