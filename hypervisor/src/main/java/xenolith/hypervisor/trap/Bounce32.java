package xenolith.hypervisor.trap;

import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Selector32;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

/**
 * Entries of a 32-bit PV guest's kernel, which runs in ring 1: frames as a processor pushes them,
 * with the event mask beside CS. Only an entry from ring 2 or 3 changes the stack.
 */
final class Bounce32 {
    private static final int CLEARED = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM;
    private static final long WORD = 0xffff_ffffL;

    private Bounce32() {}

    /** Enters handler {@code cs}:{@code eip}. */
    static void enter(Vcpu v, int cs, long eip, boolean mask, boolean hasCode, int code) {
        Cpu cpu = v.cpu;
        boolean outer = (cpu.cpl & 2) != 0;
        int ss = outer ? v.kernelSs : cpu.segments[Segment.SS].selector;
        long base = stackBase(v, ss, outer);
        if (base < 0) {
            v.domain.crash(v, "the kernel's stack segment %04x cannot be loaded".formatted(ss));
            return;
        }
        long oldMask = v.upcallMask();
        Stack stack = new Stack(v, base, outer ? v.kernelSp : cpu.rsp);
        try {
            if (outer) {
                stack.push(cpu.segments[Segment.SS].selector);
                stack.push(cpu.rsp);
            }
            stack.push(Bounce.frameFlags(v, oldMask));
            stack.push(cpu.segments[Segment.CS].selector | oldMask << 16);
            stack.push(cpu.rip);
            if (hasCode) {
                stack.push(code);
            }
        } catch (GuestFault f) {
            String what = Vector.name(f.vector);
            v.domain.crash(v, "cannot push an entry frame at %x: %s".formatted(stack.sp, what));
            return;
        } finally {
            stack.end();
        }
        if (mask) {
            v.setUpcallMask(1);
        }
        start(v, cs, eip, ss, stack.sp);
    }

    private static void start(Vcpu v, int cs, long eip, int ss, long esp) {
        Cpu cpu = v.cpu;
        cpu.systemFlags = cpu.systemFlags & ~(CLEARED | Rflags.IOPL) | Rflags.IF;
        cpu.rip = eip;
        cpu.rsp = esp;
        if (!Segments32.loadTarget(v, cs, ss)) {
            // Xen would meet the fault in its own IRET, and enter the #GP handler, and so on.
            v.domain.crash(v, "a handler at %04x:%x cannot be entered".formatted(cs, eip));
        }
    }

    /** Base of the stack segment, or -1 where it cannot be loaded. */
    private static long stackBase(Vcpu v, int ss, boolean outer) {
        return outer ? Segments32.dataBase(v, ss) : v.cpu.segmentBase(Segment.SS);
    }

    /** As {@link Bounce#failsafe}: the four selectors lie below EIP. */
    static void failsafe(Vcpu v, int[] selectors) {
        Cpu cpu = v.cpu;
        boolean outer = cpu.cpl != 1;
        Stack stack = new Stack(v, 0, outer ? v.kernelSp : cpu.rsp);
        long oldMask = v.upcallMask();
        try {
            if (outer) {
                stack.push(cpu.segments[Segment.SS].selector);
                stack.push(cpu.rsp);
            }
            stack.push(Bounce.frameFlags(v, oldMask));
            stack.push(cpu.segments[Segment.CS].selector | oldMask << 16);
            stack.push(cpu.rip);
            for (int i = selectors.length - 1; i >= 0; i--) {
                stack.push(selectors[i]);
            }
        } catch (GuestFault f) {
            v.domain.crash(v, "cannot push a failsafe frame at %x".formatted(stack.sp));
            return;
        } finally {
            stack.end();
        }
        if (v.failsafeCallback.maskEvents) {
            v.setUpcallMask(1);
        }
        cpu.systemFlags &= ~Rflags.AC;
        int ss = Selector32.FLAT_KERNEL_DATA;
        start(v, Selector32.FLAT_KERNEL_CODE, v.failsafeCallback.address, ss, stack.sp);
    }

    /** A stack that the hypervisor pushes on, as the supervisor it is. */
    private static final class Stack {
        private final Vcpu v;
        private final long base;
        long sp;

        Stack(Vcpu v, long base, long sp) {
            this.v = v;
            this.base = base;
            this.sp = sp & WORD;
            v.paging.selectKernel();
        }

        void push(long value) {
            sp = sp - 4 & WORD;
            v.cpu.mmu.write32(base + sp & WORD, value);
        }

        /** Goes back to the rights of the present ring. */
        void end() {
            v.cpu.mmu.setPrivilege(v.cpu.cpl == 3);
        }
    }
}
