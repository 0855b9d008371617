package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;

/** vm_assist(cmd, type): 0 enable, 1 disable. */
final class VmAssistCall implements Handler {
    private static final long VALID =
            1L << VmAssist.SEGMENTS_4GB
                    | 1L << VmAssist.SEGMENTS_4GB_NOTIFY
                    | 1L << VmAssist.WRITABLE_PAGETABLES
                    | 1L << VmAssist.PAE_EXTENDED_CR3
                    | 1L << VmAssist.ARCHITECTURAL_IOPL
                    | 1L << VmAssist.RUNSTATE_UPDATE_FLAG
                    | 1L << VmAssist.M2P_STRICT;

    /** The split of the machine-to-physical table is nothing that 32-bit guests know. */
    private static long valid(Vcpu v) {
        return v.domain.compat() ? VALID & ~(1L << VmAssist.M2P_STRICT) : VALID;
    }

    @Override
    public long call(Vcpu v, long cmd, long type, long a3, long a4, long a5) {
        long t = type & 0xffff_ffffL;
        if (t > 63 || (valid(v) >>> t & 1) == 0) {
            return v.refuse(Errno.EINVAL, "there is no assist " + t);
        }
        Domain d = v.domain;
        switch ((int) cmd) {
            case 0 -> d.assists |= 1L << t;
            case 1 -> d.assists &= ~(1L << t);
            default -> {
                return v.refuse(Errno.ENOSYS, "vm_assist enables (0) or disables (1)");
            }
        }
        d.memory.setWritablePageTables(d.assisted(VmAssist.WRITABLE_PAGETABLES));
        d.memory.setM2pStrict(d.assisted(VmAssist.M2P_STRICT));
        return 0;
    }
}
