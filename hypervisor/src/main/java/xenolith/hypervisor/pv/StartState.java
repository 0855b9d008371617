package xenolith.hypervisor.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import xenolith.abi.struct.TrapInfo;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Selector;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

/** The state a vCPU starts in: from a builder, or from a struct vcpu_guest_context. */
public final class StartState {
    /** Default period of VIRQ_TIMER, until the guest stops it. */
    private static final long PERIOD = 10_000_000;

    private StartState() {}

    /** The start of a new domain's vCPU: flat segments, events masked, no callbacks. */
    public static int boot(Vcpu v, long rip, long rsp, long rsi, long topTableMfn) {
        int rc = v.paging.setKernelRoot(topTableMfn);
        if (rc < 0) {
            return rc;
        }
        v.paging.selectKernel();
        reset(v);
        Cpu cpu = v.cpu;
        cpu.rip = rip;
        cpu.r[Cpu.RSP] = rsp;
        cpu.r[Cpu.RSI] = rsi;
        v.kernelSp = rsp;
        v.kernelSs = Selector.FLAT_DATA;
        start(v);
        v.online = true;
        return 0;
    }

    private static void reset(Vcpu v) {
        Cpu cpu = v.cpu;
        java.util.Arrays.fill(cpu.r, 0, 16, 0);
        cpu.setRflags(Rflags.IF);
        Segments.loadFlatKernel(cpu);
        for (int s : new int[] {Segment.ES, Segment.DS, Segment.FS, Segment.GS}) {
            Segments.loadNull(cpu, s, 0);
        }
        cpu.kernelGsBase = 0;
        cpu.cpl = 3;
    }

    private static void start(Vcpu v) {
        v.initialised = true;
        v.periodicPeriod = PERIOD;
        long now = v.domain.hypervisor.clock.now();
        v.periodicNext = now + PERIOD;
        v.updateTime(now);
    }

    /**
     * Sets all of {@code v} from the {@link VcpuGuestContext} {@code context}; it stays offline. 0
     * or a negated errno.
     */
    public static int load(Vcpu v, byte[] context) {
        ByteBuffer b = ByteBuffer.wrap(context).order(ByteOrder.LITTLE_ENDIAN);
        for (int at :
                new int[] {
                    VcpuGuestContext.EVENT_CALLBACK,
                    VcpuGuestContext.FAILSAFE_CALLBACK,
                    VcpuGuestContext.SYSCALL_CALLBACK,
                    VcpuGuestContext.FS_BASE,
                    VcpuGuestContext.GS_BASE_KERNEL,
                    VcpuGuestContext.GS_BASE_USER
                }) {
            if (!Pte.canonical(b.getLong(at))) {
                return v.refuse(Errno.EINVAL, "an address in the context is not canonical");
            }
        }
        int rc = tables(v, b);
        if (rc < 0) {
            return rc;
        }
        reset(v);
        registers(v, b);
        traps(v, b);
        start(v);
        return 0;
    }

    private static int tables(Vcpu v, ByteBuffer b) {
        int entries = (int) b.getLong(VcpuGuestContext.GDT_ENTS);
        if (entries < 0 || entries > Selector.FIRST_RESERVED_GDT_ENTRY) {
            return v.refuse(Errno.EINVAL, "a GDT of " + entries + " entries");
        }
        long[] mfns = new long[(entries + 511) / 512];
        for (int i = 0; i < mfns.length; i++) {
            mfns[i] = b.getLong(VcpuGuestContext.GDT_FRAMES + 8 * i);
        }
        int rc = v.paging.setGdt(mfns, entries);
        if (rc < 0) {
            return rc;
        }
        v.gdtMfns = mfns;
        v.gdtEntries = mfns.length * 512;
        // 64-bit guests give control registers 1 and 3 as plain machine addresses.
        rc = v.paging.setKernelRoot(b.getLong(VcpuGuestContext.CTRLREG + 3 * 8) >>> 12);
        if (rc < 0) {
            return rc;
        }
        long user = b.getLong(VcpuGuestContext.CTRLREG + 8) & ~1L;
        if (user != 0) {
            rc = v.paging.setUserRoot(user >>> 12);
            if (rc < 0) {
                return rc;
            }
        }
        v.paging.selectKernel();
        long ldtEntries = b.getLong(VcpuGuestContext.LDT_ENTS);
        return v.paging.setLdt(b.getLong(VcpuGuestContext.LDT_BASE), ldtEntries);
    }

    /** Registers in the order of the processor's numbers. */
    private static final int[] REGISTERS = {
        UserRegs.RAX, UserRegs.RCX, UserRegs.RDX, UserRegs.RBX,
        UserRegs.RSP, UserRegs.RBP, UserRegs.RSI, UserRegs.RDI,
        UserRegs.R8, UserRegs.R9, UserRegs.R10, UserRegs.R11,
        UserRegs.R12, UserRegs.R13, UserRegs.R14, UserRegs.R15
    };

    private static void registers(Vcpu v, ByteBuffer b) {
        Cpu cpu = v.cpu;
        int regs = VcpuGuestContext.USER_REGS;
        for (int i = 0; i < REGISTERS.length; i++) {
            cpu.r[i] = b.getLong(regs + REGISTERS[i]);
        }
        cpu.rip = b.getLong(regs + UserRegs.RIP);
        long flags = b.getLong(regs + UserRegs.RFLAGS);
        cpu.setRflags(flags & ~(long) (Rflags.IOPL | Rflags.VM) | Rflags.IF);
        v.iopl = (int) flags >>> 12 & 3;
        Segments.loadData(v, Segment.DS, b.getShort(regs + UserRegs.DS) & 0xffff | 3);
        Segments.loadData(v, Segment.ES, b.getShort(regs + UserRegs.ES) & 0xffff | 3);
        Segments.loadData(v, Segment.FS, b.getShort(regs + UserRegs.FS) & 0xffff | 3);
        Segments.loadData(v, Segment.GS, b.getShort(regs + UserRegs.GS) & 0xffff | 3);
        Segments.loadCode(v, b.getShort(regs + UserRegs.CS) & 0xffff);
        Segments.loadStack(v, b.getShort(regs + UserRegs.SS) & 0xffff);
        cpu.setSegmentBase(Segment.FS, b.getLong(VcpuGuestContext.FS_BASE));
        v.setGsBaseKernel(b.getLong(VcpuGuestContext.GS_BASE_KERNEL));
        v.setGsBaseUser(b.getLong(VcpuGuestContext.GS_BASE_USER));
        for (int i : new int[] {0, 1, 2, 3, 6, 7}) {
            DebugRegisters.set(v, i, b.getLong(VcpuGuestContext.DEBUGREG + 8 * i));
        }
    }

    private static void traps(Vcpu v, ByteBuffer b) {
        for (int i = 0; i < 256; i++) {
            int at = VcpuGuestContext.TRAP_CTXT + i * TrapInfo.SIZE;
            v.trapAddress[i] = b.getLong(at + TrapInfo.ADDRESS);
            v.trapFlags[i] = b.get(at + TrapInfo.FLAGS);
        }
        v.kernelSs = (int) b.getLong(VcpuGuestContext.KERNEL_SS) & 0xffff | 3;
        v.kernelSp = b.getLong(VcpuGuestContext.KERNEL_SP);
        v.eventCallback.set(b.getLong(VcpuGuestContext.EVENT_CALLBACK), true);
        v.failsafeCallback.set(b.getLong(VcpuGuestContext.FAILSAFE_CALLBACK), false);
        v.syscallCallback.set(b.getLong(VcpuGuestContext.SYSCALL_CALLBACK), false);
    }
}
