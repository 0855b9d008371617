package xenolith.hypervisor.pv;

import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.History;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.PageTypes;
import xenolith.hypervisor.trace.Trace;
import xenolith.hypervisor.trap.Bounce;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;

/**
 * Executes for a PV guest the privileged instructions that it may still use: MSRs, control and
 * debug registers, ports, CLI and STI, CLTS, WBINVD, CPUID. All others are #GP(0).
 */
public final class Emulation {
    /** Bit of CR0 that is the guest's. */
    static final long TS = 8;

    /** Page-table entries that one execution of an instruction validates at most. */
    private static final int BATCH = 4096;

    /** Bits of CR4 that are the guest's: TSD, DE and FSGSBASE. */
    static final long CR4_GUEST = 1 << 2 | 1 << 3 | 1 << 16;

    private static final int RDTSC = 0x31;

    /** In place of met breakpoints: #UD. */
    private static final int UNDEFINED = -2;

    private static final int WBINVD = 0x09;
    private static final int CLTS = 0x06;
    static final int MOV_FROM_CR = 0x20;
    private static final int MOV_FROM_DR = 0x21;
    static final int MOV_TO_CR = 0x22;
    static final int MOV_TO_DR = 0x23;
    static final int WRMSR = 0x30;
    static final int RDMSR = 0x32;

    /** UD2 and "xen" before a CPUID, which then shows what Xen wants the guest to see. */
    private static final int[] FORCED_CPUID = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};

    /** How much of it is read, and looked at, first. */
    private static final int FORCED_PREFIX = 5;

    /** The counter's frequency, 1 GHz. */
    public static final int TSC_KHZ = 1_000_000;

    private final MsrAccess msrs = new MsrAccess();

    /** The instruction {@code i} at RIP, which the processor would not execute. */
    public void privileged(Vcpu v, Instruction i) {
        Cpu cpu = v.cpu;
        v.crossings[History.PRIVILEGED]++;
        v.history.add(History.PRIVILEGED, cpu.rip, i.map << 8 | i.opcode, cpu.rcx, i.reg, 0);
        Trace trace = v.domain.hypervisor.trace;
        if (trace.trap()) {
            trace.line(
                    v
                            + String.format(
                                    " privileged map %d opcode %x rip %x",
                                    i.map, i.opcode, cpu.rip));
        }
        boolean stepped = (cpu.systemFlags & Rflags.TF) != 0;
        int met;
        try {
            met = i.map == Instruction.MAP_0F ? system(v, i) : oneByte(v, i);
        } catch (GuestFault f) {
            // The memory operand of INS or OUTS, which the hypervisor copies: P is never set.
            int code = f.vector == Vector.PF ? f.errorCode & PageFault.W : f.errorCode;
            Bounce.fault(v, f.vector, code, f.address);
            return;
        }
        if (met == UNDEFINED) {
            Bounce.fault(v, Vector.UD, GuestFault.NO_ERROR_CODE, 0);
        } else if (met == Ports.REFUSED) {
            if (v.kernelMode()) {
                v.domain.refuse(RefusedInstruction.sentence(v, i));
            }
            Bounce.fault(v, Vector.GP, 0, 0);
        } else {
            cpu.rip += i.length;
            DebugRegisters.retired(v, stepped, met);
        }
    }

    private static int met(boolean done) {
        return done ? 0 : Ports.REFUSED;
    }

    private int system(Vcpu v, Instruction i) {
        if (!v.kernelMode()) {
            return Ports.REFUSED;
        }
        Cpu cpu = v.cpu;
        return switch (i.opcode) {
            case WBINVD -> 0;
            case CLTS -> {
                cpu.cr0 &= ~TS;
                yield 0;
            }
            case MOV_FROM_CR -> met(readControl(v, i));
            case MOV_TO_CR -> met(writeControl(v, i, cpu.get(i.rm)));
            case MOV_FROM_DR -> {
                if (!DebugRegisters.exists(v, i.reg)) {
                    yield UNDEFINED;
                }
                cpu.set(i.rm, DebugRegisters.get(v, i.reg));
                yield 0;
            }
            case MOV_TO_DR -> {
                if (!DebugRegisters.exists(v, i.reg)) {
                    yield UNDEFINED;
                }
                yield met(DebugRegisters.set(v, i.reg, cpu.get(i.rm)) == 0);
            }
            case RDTSC, 0x01 -> met(readTsc(v, i));
            case RDMSR -> met(readMsr(v));
            case WRMSR -> {
                long value = cpu.rdx << 32 | cpu.rax & 0xffff_ffffL;
                yield met(msrs.write(v, (int) cpu.rcx, value));
            }
            default -> Ports.REFUSED;
        };
    }

    /** RDTSC and RDTSCP, which CR4.TSD keeps from user mode only. */
    private static boolean readTsc(Vcpu v, Instruction i) {
        Cpu cpu = v.cpu;
        boolean withAux = i.opcode == 0x01;
        if (withAux && (i.memory() || (i.reg & 7) != 7 || (i.rm & 7) != 1)) {
            return false;
        }
        long tsc = cpu.tsc.read(cpu);
        cpu.rax = tsc & 0xffff_ffffL;
        cpu.rdx = tsc >>> 32;
        if (withAux) {
            cpu.rcx = cpu.tscAux & 0xffff_ffffL;
        }
        return true;
    }

    private boolean readMsr(Vcpu v) {
        Cpu cpu = v.cpu;
        int msr = (int) cpu.rcx;
        if (!msrs.read(v, msr)) {
            return false;
        }
        cpu.rax = msrs.value() & 0xffff_ffffL;
        cpu.rdx = msrs.value() >>> 32;
        return true;
    }

    private static boolean readControl(Vcpu v, Instruction i) {
        Cpu cpu = v.cpu;
        switch (i.reg) {
            case 0 -> cpu.set(i.rm, cpu.cr0);
            case 2 -> cpu.set(i.rm, cpu.cr2);
            case 3 -> {
                long mfn = v.paging.kernelRootMfn();
                cpu.set(i.rm, v.domain.compat() ? PaeCr3.of(mfn) : mfn << 12);
            }
            case 4 -> cpu.set(i.rm, cpu.cr4);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static boolean writeControl(Vcpu v, Instruction i, long value) {
        Cpu cpu = v.cpu;
        return switch (i.reg) {
            case 0 -> {
                if (((value ^ cpu.cr0) & ~TS) != 0) {
                    yield false;
                }
                cpu.cr0 = value;
                yield true;
            }
            case 2 -> {
                v.setCr2(value);
                yield true;
            }
            case 3 -> {
                long mfn = v.domain.compat() ? PaeCr3.mfn(value) : value >>> 12;
                yield loadRoot(v, mfn, i.length);
            }
            case 4 -> {
                // All other changes are dropped in silence.
                cpu.cr4 = cpu.cr4 & ~CR4_GUEST | value & CR4_GUEST;
                yield true;
            }
            default -> false;
        };
    }

    /** An instruction of {@code length} bytes that takes long is executed again and again. */
    private static boolean loadRoot(Vcpu v, long mfn, int length) {
        PageTypes types = v.domain.hypervisor.frames.types();
        types.allow(BATCH);
        int rc = v.paging.setKernelRoot(mfn);
        types.allowAll();
        if (rc == -Errno.ERESTART) {
            v.cpu.rip -= length;
            v.yielded = true;
        }
        return rc == 0 || rc == -Errno.ERESTART;
    }

    // ---- one-byte opcodes: interrupt flag and ports -------------------------------------------

    private static int oneByte(Vcpu v, Instruction i) {
        return switch (i.opcode) {
            case 0xfa, 0xfb -> {
                // Allowed, they change nothing: the event mask is the guest's interrupt flag.
                yield met(Ports.ioplAllows(v));
            }
            case 0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef ->
                    Ports.execute(v, i);
            default -> Ports.REFUSED;
        };
    }

    // ---- CPUID -------------------------------------------------------------------------------

    /** CPUID at RIP. */
    public void cpuid(Vcpu v) {
        if (faults(v)) {
            Bounce.fault(v, Vector.GP, 0, 0);
            return;
        }
        boolean stepped = (v.cpu.systemFlags & Rflags.TF) != 0;
        answer(v);
        v.cpu.rip += 2;
        DebugRegisters.retired(v, stepped, 0);
    }

    private static boolean faults(Vcpu v) {
        return v.cpuidFaulting && !v.kernelMode();
    }

    private static void answer(Vcpu v) {
        int[] out =
                v.domain.hypervisor.cpuid.leaf(
                        (int) v.cpu.rax, (int) v.cpu.rcx, v.id, TSC_KHZ, v.domain.abi());
        v.cpu.rax = out[0] & 0xffff_ffffL;
        v.cpu.rbx = out[1] & 0xffff_ffffL;
        v.cpu.rcx = out[2] & 0xffff_ffffL;
        v.cpu.rdx = out[3] & 0xffff_ffffL;
    }

    /**
     * #UD at RIP: executes a CPUID behind the forced-emulation prefix; false to deliver #UD. Where
     * there are fewer bytes than the prefix has, the guest gets the page fault instead, as on Xen.
     */
    public boolean forcedCpuid(Vcpu v) {
        long rip = v.cpu.rip + v.cpu.segmentBase(Segment.CS);
        boolean same = true;
        for (int i = 0; i < FORCED_CPUID.length; i++) {
            try {
                same &= v.cpu.mmu.read8(rip + i) == FORCED_CPUID[i];
            } catch (GuestFault f) {
                Bounce.fault(v, Vector.PF, 0, rip + i);
                return true;
            }
            if (!same && (i == FORCED_PREFIX - 1 || i == FORCED_CPUID.length - 1)) {
                return false;
            }
        }
        if (faults(v)) {
            v.cpu.rip += FORCED_PREFIX;
            Bounce.fault(v, Vector.GP, 0, 0);
            return true;
        }
        boolean stepped = (v.cpu.systemFlags & Rflags.TF) != 0;
        answer(v);
        v.cpu.rip += FORCED_CPUID.length;
        DebugRegisters.retired(v, stepped, 0);
        return true;
    }
}
