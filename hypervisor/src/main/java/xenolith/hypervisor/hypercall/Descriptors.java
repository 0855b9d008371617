package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Selector;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.MmuextOp;

/** set_gdt and update_descriptor. */
final class Descriptors {
    private Descriptors() {}

    /** set_gdt(frames, entries). */
    static long setGdt(Vcpu v, long list, long entries, long a3, long a4, long a5) {
        int n = (int) entries;
        if (n < 0 || n > Selector.FIRST_RESERVED_GDT_ENTRY) {
            String why = n + " entries, but the guest's part of the GDT ends at ";
            return v.refuse(Errno.EINVAL, why + Selector.FIRST_RESERVED_GDT_ENTRY);
        }
        long[] mfns = new long[(n + 511) / 512];
        for (int i = 0; i < mfns.length; i++) {
            mfns[i] = GuestAccess.word(v, list, i);
        }
        int rc = v.paging.setGdt(mfns, n);
        if (rc == 0) {
            v.gdtMfns = mfns;
            v.gdtEntries = n;
        }
        return rc;
    }

    /** update_descriptor(machine address, descriptor). */
    static long updateDescriptor(Vcpu v, long maddr, long descriptor, long a3, long a4, long a5) {
        return MmuextOp.updateDescriptor(v.domain.paging, maddr, descriptor);
    }
}
