package xenolith.hypervisor.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.TrapInfo;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs;
import xenolith.abi.struct.VcpuGuestContext.UserRegs32;
import xenolith.abi.x86.Rflags;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

/** A {@link VcpuGuestContext} in the layout of its guest. */
final class GuestContext {
    /** Registers in the order of the processor's numbers. */
    static final int[] REGISTERS = {
        UserRegs.RAX, UserRegs.RCX, UserRegs.RDX, UserRegs.RBX,
        UserRegs.RSP, UserRegs.RBP, UserRegs.RSI, UserRegs.RDI,
        UserRegs.R8, UserRegs.R9, UserRegs.R10, UserRegs.R11,
        UserRegs.R12, UserRegs.R13, UserRegs.R14, UserRegs.R15
    };

    static final int[] REGISTERS_32 = {
        UserRegs32.EAX, UserRegs32.ECX, UserRegs32.EDX, UserRegs32.EBX,
        UserRegs32.ESP, UserRegs32.EBP, UserRegs32.ESI, UserRegs32.EDI
    };

    private final ByteBuffer bytes;
    private final Abi abi;

    GuestContext(byte[] bytes, Abi abi) {
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        this.abi = abi;
    }

    long get(Field f) {
        return get(f, 0);
    }

    /** Element {@code i} of array {@code f}, zero-extended. */
    long get(Field f, int i) {
        int at = f.at(abi, i);
        return f.size(abi) == 8 ? bytes.getLong(at) : bytes.getInt(at) & 0xffff_ffffL;
    }

    private int selector(int at) {
        return bytes.getShort(VcpuGuestContext.USER_REGS.at(abi) + at) & 0xffff;
    }

    void registers64(Vcpu v) {
        Cpu cpu = v.cpu;
        int regs = VcpuGuestContext.USER_REGS.at(abi);
        for (int i = 0; i < REGISTERS.length; i++) {
            cpu.set(i, bytes.getLong(regs + REGISTERS[i]));
        }
        cpu.rip = bytes.getLong(regs + UserRegs.RIP);
        flags(v, bytes.getLong(regs + UserRegs.RFLAGS));
        Segments.loadData(v, Segment.DS, selector(UserRegs.DS) | 3);
        Segments.loadData(v, Segment.ES, selector(UserRegs.ES) | 3);
        Segments.loadData(v, Segment.FS, selector(UserRegs.FS) | 3);
        Segments.loadData(v, Segment.GS, selector(UserRegs.GS) | 3);
        Segments.loadCode(v, selector(UserRegs.CS));
        Segments.loadStack(v, selector(UserRegs.SS));
        cpu.setSegmentBase(Segment.FS, get(VcpuGuestContext.FS_BASE));
        v.setGsBaseKernel(get(VcpuGuestContext.GS_BASE_KERNEL));
        v.setGsBaseUser(get(VcpuGuestContext.GS_BASE_USER));
        debug(v);
    }

    void registers32(Vcpu v) {
        Cpu cpu = v.cpu;
        int regs = VcpuGuestContext.USER_REGS.at(abi);
        for (int i = 0; i < REGISTERS_32.length; i++) {
            cpu.set(i, bytes.getInt(regs + REGISTERS_32[i]) & 0xffff_ffffL);
        }
        cpu.rip = bytes.getInt(regs + UserRegs32.EIP) & 0xffff_ffffL;
        flags(v, bytes.getInt(regs + UserRegs32.EFLAGS));
        Segments.loadTarget32(v, ring1(selector(UserRegs32.CS)), ring1(selector(UserRegs32.SS)));
        Segments.loadData(v, Segment.DS, selector(UserRegs32.DS));
        Segments.loadData(v, Segment.ES, selector(UserRegs32.ES));
        Segments.loadData(v, Segment.FS, selector(UserRegs32.FS));
        Segments.loadData(v, Segment.GS, selector(UserRegs32.GS));
        debug(v);
    }

    private static void flags(Vcpu v, long flags) {
        v.cpu.setRflags(flags & ~(long) (Rflags.IOPL | Rflags.VM) | Rflags.IF);
        v.iopl = (int) flags >>> 12 & 3;
    }

    private void debug(Vcpu v) {
        for (int i : new int[] {0, 1, 2, 3, 6, 7}) {
            DebugRegisters.set(v, i, get(VcpuGuestContext.DEBUGREG, i));
        }
    }

    /** A selector of ring 1 at least. */
    private static int ring1(int selector) {
        return (selector & 3) == 0 ? selector | 1 : selector;
    }

    private int codeSelector(long selector) {
        int given = (int) selector & 0xffff;
        return abi == Abi.BITS64 ? given | 3 : ring1(given);
    }

    /** A register of {@link UserRegs}, of 64-bit guests. */
    long userRegister(int at) {
        return bytes.getLong(VcpuGuestContext.USER_REGS.at(abi) + at);
    }

    /** Address of handler {@code i} of 256. */
    long trapAddress(int i) {
        int at = VcpuGuestContext.TRAP_CTXT.at(abi) + i * TrapInfo.SIZE.at(abi);
        int address = at + TrapInfo.ADDRESS.at(abi);
        return abi == Abi.BITS64 ? bytes.getLong(address) : bytes.getInt(address) & 0xffff_ffffL;
    }

    /** Sets what of the control registers is the guest's, and the x87 and SSE state. */
    void processor(Vcpu v) {
        long cr0 = get(VcpuGuestContext.CTRLREG, 0);
        long cr4 = get(VcpuGuestContext.CTRLREG, 4);
        Cpu cpu = v.cpu;
        cpu.cr0 = cpu.cr0 & ~Emulation.TS | cr0 & Emulation.TS;
        cpu.cr4 = cpu.cr4 & ~Emulation.CR4_GUEST | cr4 & Emulation.CR4_GUEST;
        if ((get(VcpuGuestContext.FLAGS) & VcpuGuestContext.VGCF_I387_VALID) != 0) {
            FpuImage.load(cpu, bytes, abi == Abi.BITS32);
        }
    }

    /** Sets trap table, kernel stack and callbacks. */
    void traps(Vcpu v) {
        int size = TrapInfo.SIZE.at(abi);
        for (int i = 0; i < 256; i++) {
            int at = VcpuGuestContext.TRAP_CTXT.at(abi) + i * size;
            v.trapAddress[i] = trapAddress(i);
            v.trapCs[i] = codeSelector(bytes.getShort(at + TrapInfo.CS.at(abi)));
            v.trapFlags[i] = bytes.get(at + TrapInfo.FLAGS.at(abi));
        }
        int ss = (int) get(VcpuGuestContext.KERNEL_SS) & 0xffff;
        v.kernelSs = abi == Abi.BITS64 ? ss | 3 : ring1(ss);
        v.kernelSp = get(VcpuGuestContext.KERNEL_SP);
        long event = get(VcpuGuestContext.EVENT_CALLBACK);
        long failsafe = get(VcpuGuestContext.FAILSAFE_CALLBACK);
        long flags = get(VcpuGuestContext.FLAGS);
        boolean failsafeMask = (flags & VcpuGuestContext.VGCF_FAILSAFE_DISABLES_EVENTS) != 0;
        boolean syscallMask = (flags & VcpuGuestContext.VGCF_SYSCALL_DISABLES_EVENTS) != 0;
        if (abi == Abi.BITS64) {
            v.eventCallback.set(event, true);
            v.failsafeCallback.set(failsafe, failsafeMask);
            v.syscallCallback.set(get(VcpuGuestContext.SYSCALL_CALLBACK), syscallMask);
        } else {
            int eventCs = codeSelector(get(VcpuGuestContext.EVENT_CALLBACK_CS));
            v.eventCallback.set(eventCs, event, true);
            int failsafeCs = codeSelector(get(VcpuGuestContext.FAILSAFE_CALLBACK_CS));
            v.failsafeCallback.set(failsafeCs, failsafe, failsafeMask);
        }
    }
}
