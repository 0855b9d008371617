package xenolith.hypervisor.pv;

import xenolith.abi.x86.Msr;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.cpu.Segment;
import xenolith.machine.memory.MachineMemory;

/**
 * RDMSR and WRMSR of a PV guest's kernel, as Xen 4.17 has them on an Intel processor without
 * performance counters for guests (arch/x86/msr.c, pv/emul-priv-op.c, cpu/mcheck/vmce.c).
 */
final class MsrAccess {
    private static final long PAT = 0x0000_0501_0007_0406L;
    private static final long EFER_VISIBLE = 0xd01;

    /** NX only: neither long mode nor, on Intel's, SYSCALL. */
    private static final long EFER_VISIBLE_32 = 0x800;

    /** Fast strings; neither BTS nor PEBS nor xTPR messages. */
    private static final long MISC = 1 | 1 << 11 | 1 << 12 | 1 << 23;

    /** In MSR_PLATFORM_INFO: CPUID can be made to fault. */
    private static final long PLATFORM_CPUID_FAULTING = 1L << 31;

    /** In MSR_MISC_FEATURES_ENABLES: CPUID faults. */
    private static final long CPUID_FAULTING = 1;

    /** In IA32_FEATURE_CONTROL: locked, with nothing enabled. */
    private static final long LOCKED = 1;

    /** High half of the numbers that hypervisors may give out, and processors do not. */
    private static final int HYPERVISOR = 0x4000;

    /** What a read found: the value, or nothing for #GP. */
    private final long[] value = new long[1];

    private final MachineChecks machineChecks = new MachineChecks();

    /** The value of the last successful {@link #read}. */
    long value() {
        return value[0];
    }

    /** Reads {@code msr}; false for #GP(0). */
    boolean read(Vcpu v, int msr) {
        value[0] = 0;
        if (v.domain.compat() && isBase(msr)) {
            return !v.handlesGp();
        }
        if (MachineChecks.has(msr)) {
            value[0] = machineChecks.read(v, msr);
            return true;
        }
        switch (msr) {
            case Msr.FS_BASE -> value[0] = v.cpu.segmentBase(Segment.FS);
            case Msr.GS_BASE -> value[0] = v.cpu.segmentBase(Segment.GS);
            case Msr.KERNEL_GS_BASE -> value[0] = v.cpu.kernelGsBase;
            case Msr.TSC -> value[0] = v.cpu.tsc.read(v.cpu);
            case Msr.EFER -> value[0] = efer(v);
            case Msr.PAT -> value[0] = PAT;
            case Msr.APIC_BASE -> value[0] = 0xfee0_0000L | 0x800 | (v.id == 0 ? 0x100 : 0);
            case Msr.MISC_ENABLE -> value[0] = MISC;
            case Msr.PLATFORM_INFO -> value[0] = PLATFORM_CPUID_FAULTING;
            case Msr.MISC_FEATURES_ENABLES -> value[0] = v.cpuidFaulting ? CPUID_FAULTING : 0;
            case Msr.FEATURE_CONTROL -> value[0] = LOCKED;
            default -> {
                // Nobody could handle the fault yet: what the host may have reads as 0.
                return readsAsZero(msr) || !v.handlesGp() && msr >>> 16 != HYPERVISOR;
            }
        }
        return true;
    }

    private static long efer(Vcpu v) {
        return v.cpu.efer & (v.domain.compat() ? EFER_VISIBLE_32 : EFER_VISIBLE);
    }

    private static boolean readsAsZero(int msr) {
        return switch (msr) {
            // Xen 4.17 shows DEBUGCTL to HVM guests only, but XTF's debug-regs wants to read it.
            case Msr.PLATFORM_ID,
                    Msr.UCODE_REV,
                    Msr.DEBUGCTL,
                    Msr.PERF_STATUS,
                    Msr.PERF_CTL,
                    Msr.THERM_STATUS,
                    Msr.PERF_CAPABILITIES,
                    Msr.NB_CFG,
                    Msr.HYPERCALL_PAGE ->
                    true;
            default -> isCounter(msr);
        };
    }

    /** Performance counters of Intel: hidden, so that reads are 0 and writes vanish. */
    private static boolean isCounter(int msr) {
        return msr >= Msr.PERFCTR0 && msr < Msr.PERFCTR0 + 8
                || msr >= Msr.EVNTSEL0 && msr < Msr.EVNTSEL0 + 4
                || msr >= Msr.FIXED_CTR0 && msr < Msr.FIXED_CTR0 + 3
                || msr >= Msr.FIXED_CTR_CTRL && msr <= Msr.GLOBAL_OVF_CTRL;
    }

    /** Writes {@code msr}; false for #GP(0). */
    boolean write(Vcpu v, int msr, long newValue) {
        if (MachineChecks.has(msr)) {
            return machineChecks.write(v, msr, newValue);
        }
        return switch (msr) {
            case Msr.FS_BASE, Msr.GS_BASE, Msr.KERNEL_GS_BASE -> writeBase(v, msr, newValue);
            case Msr.EFER -> newValue == efer(v);
            case Msr.UCODE_REV -> newValue == 0;
            case Msr.MISC_FEATURES_ENABLES -> {
                if ((newValue & ~CPUID_FAULTING) != 0) {
                    yield false;
                }
                v.cpuidFaulting = newValue != 0;
                yield true;
            }
            case Msr.MISC_ENABLE -> {
                if (newValue != MISC) {
                    v.domain.refuse("a change of MISC_ENABLE, which has no effect");
                }
                yield true;
            }
            case Msr.HYPERCALL_PAGE -> writeHypercallPage(v, newValue);
            case Msr.MPERF,
                    Msr.APERF,
                    Msr.PERF_CTL,
                    Msr.THERM_CONTROL,
                    Msr.ENERGY_PERF_BIAS,
                    Msr.NB_CFG ->
                    true;
            default -> isCounter(msr);
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

    /** The address of a page that becomes that of the stubs of hypercalls; its low bits are 0. */
    private static boolean writeHypercallPage(Vcpu v, long address) {
        long mfn = address >>> MachineMemory.FRAME_SHIFT;
        FrameTable frames = v.domain.hypervisor.frames;
        if ((address & MachineMemory.FRAME_SIZE - 1) != 0) {
            v.domain.refuse("there is one hypercall page, number 0");
            return false;
        }
        if (!frames.getPageWritable(mfn, v.domain.domid())) {
            return false;
        }
        byte[] page = HypercallPage.of(v.domain.compat());
        v.cpu.memory.write(mfn << MachineMemory.FRAME_SHIFT, page, 0, page.length);
        frames.putPageWritable(mfn);
        return true;
    }
}
