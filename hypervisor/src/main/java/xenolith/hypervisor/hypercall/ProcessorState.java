package xenolith.hypervisor.hypercall;

import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.pv.DebugRegisters;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

/** fpu_taskswitch, set_debugreg, get_debugreg and set_segment_base. */
final class ProcessorState {
    private static final long TS = 8;

    private ProcessorState() {}

    static long fpuTaskswitch(Vcpu v, long set, long a2, long a3, long a4, long a5) {
        v.cpu.cr0 = (int) set != 0 ? v.cpu.cr0 | TS : v.cpu.cr0 & ~TS;
        return 0;
    }

    static long setDebugreg(Vcpu v, long reg, long value, long a3, long a4, long a5) {
        return DebugRegisters.set(v, (int) reg, value);
    }

    static long getDebugreg(Vcpu v, long reg, long a2, long a3, long a4, long a5) {
        int n = (int) reg;
        return DebugRegisters.exists(v, n)
                ? DebugRegisters.get(v, n)
                : v.refuse(Errno.ENODEV, "there is no DR" + n);
    }

    /** set_segment_base(which, base): 0 FS, 1 GS user, 2 GS kernel, 3 selector of user GS. */
    static long setSegmentBase(Vcpu v, long which, long base, long a3, long a4, long a5) {
        if (v.domain.compat()) {
            return v.refuse(Errno.ENOSYS, "32-bit guests have no segment bases of their own");
        }
        int n = (int) which;
        if (n >= 0 && n <= 2 && !Pte.canonical(base)) {
            return v.refuse(Errno.EINVAL, "the base is not canonical");
        }
        switch (n) {
            case 0 -> v.cpu.setSegmentBase(Segment.FS, base);
            case 1 -> v.setGsBaseUser(base);
            case 2 -> v.setGsBaseKernel(base);
            case 3 -> loadUserGs(v, (int) base & 0xffff);
            default -> {
                return v.refuse(Errno.EINVAL, "there is no base " + n);
            }
        }
        return 0;
    }

    /** As SWAPGS, MOV GS, SWAPGS; a selector that cannot be loaded becomes null. */
    private static void loadUserGs(Vcpu v, int given) {
        int selector = given > 3 ? given | 3 : given;
        Cpu cpu = v.cpu;
        long kernelBase = cpu.segmentBase(Segment.GS);
        if (!Segments.loadData(v, Segment.GS, selector)) {
            Segments.loadNull(cpu, Segment.GS, 0);
        }
        long userBase = cpu.segmentBase(Segment.GS);
        cpu.setSegmentBase(Segment.GS, kernelBase);
        v.setGsBaseUser(userBase);
    }
}
