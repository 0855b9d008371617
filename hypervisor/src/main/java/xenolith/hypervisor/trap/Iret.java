package xenolith.hypervisor.trap;

import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.History;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

/**
 * The iret hypercall of a 64-bit guest (public/arch-x86/xen-x86_64.h, struct iret_context): the one
 * way back to guest user mode, and back to kernel mode with the event mask restored.
 */
public final class Iret {
    /** Flag of the context: RCX and R11 are not restored. */
    private static final long VGCF_IN_SYSCALL = 1 << 8;

    private static final int WORDS = 9;

    private Iret() {}

    /** Returns as the nine words at RSP say. */
    public static void execute(Vcpu v) {
        Cpu cpu = v.cpu;
        v.crossings[History.IRET]++;
        v.registersReplaced = true;
        v.nmiMasked = false;
        if (v.domain.compat()) {
            Iret32.execute(v);
            return;
        }
        long sp = cpu.rsp;
        if (Bounce.inXen(sp) || Bounce.inXen(sp + 71)) {
            v.domain.crash(v, String.format("iret with its frame in Xen's own area: %x", sp));
            return;
        }
        try {
            load(v, sp);
        } catch (GuestFault f) {
            v.domain.crash(v, String.format("iret cannot read its frame at %x", sp));
        }
    }

    private static void load(Vcpu v, long sp) {
        Cpu cpu = v.cpu;
        Frame frame = Frame.forRead(cpu.mmu, sp, WORDS);
        long rax = frame.get(0);
        long r11 = frame.get(1);
        long rcx = frame.get(2);
        long context = frame.get(3);
        long rip = frame.get(4);
        int cs = (int) frame.get(5) & 0xffff;
        long rflags = frame.get(6);
        long rsp = frame.get(7);
        int ss = (int) frame.get(8) & 0xffff;
        v.history.add(History.IRET, cpu.rip, cs, rip, rsp, 0);
        if ((cs & 3) == 3 && !v.enterUser()) {
            v.domain.crash(v, "iret to user mode, but there is no user-mode page table");
            return;
        }
        if (v.domain.assisted(VmAssist.ARCHITECTURAL_IOPL)) {
            v.iopl = (int) rflags >>> 12 & 3;
        }
        long flags = rflags & ~(long) (Rflags.IOPL | Rflags.VM) | Rflags.IF;
        flags &= ~cpu.breakpoints.idleFlags();
        if ((context & VGCF_IN_SYSCALL) == 0) {
            cpu.r11 = r11;
            cpu.rcx = rcx;
        } else {
            cpu.r11 = flags;
            cpu.rcx = rip;
        }
        cpu.rax = rax;
        cpu.rsp = rsp;
        cpu.rip = rip;
        cpu.setRflags(flags);
        v.setUpcallMask((rflags & Rflags.IF) != 0 ? 0 : 1);
        loadTarget(v, cs, ss);
    }

    /** Loads CS and SS; what is wrong with them is an exception at the target. */
    private static void loadTarget(Vcpu v, int cs, int ss) {
        boolean code = Segments.loadCode(v, cs);
        boolean stack = Segments.loadStack(v, ss);
        if (!code) {
            v.cpu.segments[Segment.CS].selector = cs | 3;
            Bounce.exception(v, Vector.GP, cs & 0xfffc, 0);
        } else if (!stack) {
            v.cpu.segments[Segment.SS].selector = ss | 3;
            Bounce.exception(v, Vector.GP, ss & 0xfffc, 0);
        }
    }
}
