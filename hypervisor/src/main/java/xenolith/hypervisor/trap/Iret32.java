package xenolith.hypervisor.trap;

import xenolith.abi.struct.TrapInfo;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.History;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

/**
 * The iret hypercall of a 32-bit guest: EAX, EIP, CS, EFLAGS at ESP, and for ring 2 and 3 ESP and
 * SS. Restores the event mask from EFLAGS.IF.
 */
final class Iret32 {
    private static final long WORD = 0xffff_ffffL;

    /** Words that Xen moves for a return to virtual-8086 mode. */
    private static final int VM86_WORDS = 10;

    private Iret32() {}

    static void execute(Vcpu v) {
        long sp = v.cpu.rsp & WORD;
        try {
            load(v, sp);
        } catch (GuestFault f) {
            v.domain.crash(v, String.format("iret cannot read its frame at %x", sp));
        }
    }

    private static long word(Vcpu v, long sp, int i) {
        return v.cpu.mmu.read32(sp + 4L * i & WORD);
    }

    private static void load(Vcpu v, long sp) {
        Cpu cpu = v.cpu;
        long eax = word(v, sp, 0);
        long eip = word(v, sp, 1);
        int cs = (int) word(v, sp, 2) & 0xffff;
        long eflags = word(v, sp, 3);
        v.history.add(History.IRET, cpu.rip, cs, eip, sp, 0);
        if (v.domain.assisted(VmAssist.ARCHITECTURAL_IOPL)) {
            v.iopl = (int) eflags >>> 12 & 3;
        }
        if ((eflags & Rflags.VM) != 0) {
            toVm86(v, sp, eflags);
            return;
        }
        if ((cs & 3) == 0) {
            v.domain.crash(v, String.format("iret to ring 0: %04x:%x", cs, eip));
            return;
        }
        long esp = sp + 16 & WORD;
        int ss = cpu.segments[Segment.SS].selector;
        if ((cs & 3) != 1) {
            esp = word(v, sp, 4);
            ss = (int) word(v, sp, 5) & 0xffff;
        }
        cpu.rax = eax;
        cpu.rsp = esp;
        cpu.rip = eip;
        long ignored = Rflags.IOPL | cpu.breakpoints.idleFlags();
        cpu.setRflags(eflags & ~ignored | Rflags.IF);
        v.setUpcallMask((eflags & Rflags.IF) != 0 ? 0 : 1);
        enter(v, cs, ss);
    }

    /** Loads CS and SS; what is wrong with them is an exception at the target. */
    private static void enter(Vcpu v, int cs, int ss) {
        GuestFault f = Segments32.tryTarget(v, cs, ss);
        if (f == null) {
            return;
        }
        Cpu cpu = v.cpu;
        int vector = f.vector;
        int code = f.errorCode;
        long address = f.address;
        cpu.segments[Segment.CS].selector = cs;
        cpu.segments[Segment.SS].selector = ss;
        cpu.cpl = cs & 3;
        cpu.mmu.setPrivilege(cpu.cpl == 3);
        Bounce.exception(v, vector, code, address);
    }

    /**
     * There is no virtual-8086 mode: as Xen does, the frame moves to the kernel's stack, and #GP is
     * raised as if by the first instruction there.
     */
    private static void toVm86(Vcpu v, long sp, long eflags) {
        Cpu cpu = v.cpu;
        long to = v.kernelSp - 4L * VM86_WORDS & WORD;
        long[] words = new long[VM86_WORDS];
        for (int i = 1; i < VM86_WORDS; i++) {
            words[i] = word(v, sp, i);
        }
        for (int i = 0; i < VM86_WORDS; i++) {
            cpu.mmu.write32(to + 4L * i & WORD, words[i]);
        }
        boolean masked = (v.trapFlags[Vector.GP] & TrapInfo.MASK_EVENTS) != 0;
        v.setUpcallMask(masked || (eflags & Rflags.IF) == 0 ? 1 : 0);
        cpu.rsp = to;
        int dropped = Rflags.VM | Rflags.RF | Rflags.NT | Rflags.TF | Rflags.IOPL;
        cpu.setRflags(eflags & ~(long) dropped | Rflags.IF);
        cpu.rip = v.trapAddress[Vector.GP];
        if (!Segments32.loadTarget(v, v.trapCs[Vector.GP], v.kernelSs)) {
            v.domain.crash(v, "iret to virtual-8086 mode, and no handler for #GP");
        }
    }
}
