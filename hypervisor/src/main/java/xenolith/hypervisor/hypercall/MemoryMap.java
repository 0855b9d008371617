package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;

/**
 * XENMEM_memory_map and set_memory_map: the E820 rows {address u64, size u64, type u32} that a
 * domain is shown. There are none until somebody sets them; a domain may set its own.
 */
final class MemoryMap {
    private static final int ROW = 20;
    private static final int MOST_ROWS = 1024;

    /** struct xen_memory_map. */
    private static final Layout MAP = new Layout();

    private static final Field ROWS = MAP.bytes(4);
    private static final Field BUFFER = MAP.word();

    private MemoryMap() {}

    static long get(Vcpu v, long arg) {
        long wanted = GuestAccess.get(v, arg, ROWS);
        long buffer = GuestAccess.get(v, arg, BUFFER);
        byte[] map = v.domain.memoryMap;
        if (map.length == 0) {
            return v.refuse(Errno.ENOSYS, "the domain has no memory map");
        }
        int rows = (int) Math.min(wanted, map.length / ROW);
        GuestAccess.write(v, buffer, map, 0, rows * ROW);
        GuestAccess.put(v, arg, ROWS, rows);
        return 0;
    }

    /** struct xen_foreign_memory_map: {domid u16, struct xen_memory_map}. */
    static long set(Vcpu v, long arg) {
        int domid = (int) GuestAccess.get16(v, arg);
        long at = arg + v.domain.abi().word();
        long rows = GuestAccess.get(v, at, ROWS);
        long buffer = GuestAccess.get(v, at, BUFFER);
        if (rows > MOST_ROWS) {
            return v.refuse(Errno.EINVAL, rows + " rows, most is " + MOST_ROWS);
        }
        Domain d = GrantTableOp.byAnyId(v, domid);
        if (d == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + domid);
        }
        if (d != v.domain) {
            return v.refuse(Errno.EPERM, "only domain 0 may name another domain");
        }
        d.memoryMap = GuestAccess.bytes(v, buffer, (int) rows * ROW);
        return 0;
    }
}
