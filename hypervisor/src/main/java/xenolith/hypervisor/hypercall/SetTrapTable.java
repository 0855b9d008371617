package xenolith.hypervisor.hypercall;

import java.util.Arrays;
import xenolith.abi.struct.TrapInfo;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;

/** set_trap_table(list): merges a list of {@link TrapInfo} that ends with address 0. */
final class SetTrapTable implements Handler {
    /** What an entry costs beside one of a page table. */
    private static final int WEIGHT = 4;

    @Override
    public long call(Vcpu v, long list, long a2, long a3, long a4, long a5) {
        if (list == 0) {
            Arrays.fill(v.trapAddress, 0);
            Arrays.fill(v.trapCs, 0);
            Arrays.fill(v.trapFlags, (byte) 0);
            return 0;
        }
        for (long i = 0; ; i++) {
            long at = list + i * GuestAccess.size(v, TrapInfo.SIZE);
            if (Continuation.due(v, i, WEIGHT)) {
                return Continuation.again(v, at);
            }
            GuestAccess.readable(v, at, GuestAccess.size(v, TrapInfo.SIZE));
            long address = GuestAccess.get(v, at, TrapInfo.ADDRESS);
            if (address == 0) {
                return 0;
            }
            if (!Pte.canonical(address)) {
                return v.refuse(Errno.EINVAL, "entry " + i + ": its address is not canonical");
            }
            int vector = (int) GuestAccess.get(v, at, TrapInfo.VECTOR);
            v.trapAddress[vector] = address;
            int cs = (int) GuestAccess.get(v, at, TrapInfo.CS);
            v.trapCs[vector] = v.domain.compat() ? Compat.selector(cs) : cs | 3;
            v.trapFlags[vector] = (byte) GuestAccess.get(v, at, TrapInfo.FLAGS);
        }
    }
}
