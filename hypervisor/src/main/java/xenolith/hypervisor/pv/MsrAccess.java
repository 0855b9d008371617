package xenolith.hypervisor.pv;

import xenolith.abi.x86.Msr;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Segment;

/** RDMSR and WRMSR of a PV guest's kernel. */
final class MsrAccess {
    private static final long PAT = 0x0000_0501_0007_0406L;
    private static final long EFER_VISIBLE = 0xd01;

    private static final int UCODE_REV = 0x8b;

    /** In MSR_PLATFORM_INFO: CPUID can be made to fault. */
    private static final long PLATFORM_CPUID_FAULTING = 1L << 31;

    /** In MSR_MISC_FEATURES_ENABLES: CPUID faults. */
    private static final long CPUID_FAULTING = 1;

    /** What a read found: the value, or nothing for #GP. */
    private final long[] value = new long[1];

    /** The value of the last successful {@link #read}. */
    long value() {
        return value[0];
    }

    /** Reads {@code msr}; false for #GP(0). */
    boolean read(Vcpu v, int msr) {
        if (v.domain.compat() && isBase(msr)) {
            return false;
        }
        switch (msr) {
            case Msr.FS_BASE -> value[0] = v.cpu.segmentBase(Segment.FS);
            case Msr.GS_BASE -> value[0] = v.cpu.segmentBase(Segment.GS);
            case Msr.KERNEL_GS_BASE -> value[0] = v.cpu.kernelGsBase;
            case Msr.TSC -> value[0] = v.cpu.tsc.read(v.cpu);
            case Msr.EFER -> value[0] = v.cpu.efer & EFER_VISIBLE;
            case Msr.PAT -> value[0] = PAT;
            case Msr.APIC_BASE -> value[0] = 0xfee0_0000L | 0x800 | (v.id == 0 ? 0x100 : 0);
            // Fast strings; no performance counters, no precise sampling.
            case Msr.MISC_ENABLE -> value[0] = 1 | 1 << 11 | 1 << 12;
            case UCODE_REV, Msr.DEBUGCTL -> value[0] = 0;
            case Msr.PLATFORM_INFO -> value[0] = PLATFORM_CPUID_FAULTING;
            case Msr.MISC_FEATURES_ENABLES -> value[0] = v.cpuidFaulting ? CPUID_FAULTING : 0;
            default -> {
                value[0] = 0;
                // Nobody could handle the fault yet: what the host has reads as 0.
                return !v.handlesGp();
            }
        }
        return true;
    }

    /** Writes {@code msr}; false for #GP(0). */
    boolean write(Vcpu v, int msr, long newValue) {
        return switch (msr) {
            case Msr.FS_BASE, Msr.GS_BASE, Msr.KERNEL_GS_BASE -> writeBase(v, msr, newValue);
            case Msr.EFER ->
                    (newValue & EFER_VISIBLE) == (v.cpu.efer & EFER_VISIBLE)
                            && (newValue & ~EFER_VISIBLE) == 0;
            case Msr.PAT -> newValue == PAT;
            case UCODE_REV, Msr.DEBUGCTL -> newValue == 0;
            case Msr.MISC_FEATURES_ENABLES -> {
                if ((newValue & ~CPUID_FAULTING) != 0) {
                    yield false;
                }
                v.cpuidFaulting = newValue != 0;
                yield true;
            }
            case Msr.MISC_ENABLE, Msr.APIC_BASE -> read(v, msr) && value[0] == newValue;
            default -> false;
        };
    }

    /** Whether {@code msr} is one of those that 64-bit guests only have. */
    private static boolean isBase(int msr) {
        return msr == Msr.FS_BASE || msr == Msr.GS_BASE || msr == Msr.KERNEL_GS_BASE;
    }

    private static boolean writeBase(Vcpu v, int msr, long base) {
        if (v.domain.compat() || !Pte.canonical(base)) {
            return false;
        }
        switch (msr) {
            case Msr.FS_BASE -> v.cpu.setSegmentBase(Segment.FS, base);
            case Msr.GS_BASE -> v.cpu.setSegmentBase(Segment.GS, base);
            default -> v.cpu.kernelGsBase = base;
        }
        return true;
    }
}
