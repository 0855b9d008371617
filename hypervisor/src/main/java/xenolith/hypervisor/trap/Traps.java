package xenolith.hypervisor.trap;

import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Selector;
import xenolith.abi.xen.Selector32;
import xenolith.hypervisor.domain.Callback;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

/** Software interrupts, SYSCALL and SYSENTER of guest user mode. */
public final class Traps {
    /** A system call of 32-bit Linux programs. */
    private static final int LINUX_CALL = 0x80;

    private Traps() {}

    /**
     * INT n and its kin: bounced with RIP behind the instruction where the trap table allows the
     * mode to use the vector, else #GP as from a gate of DPL 0. Nobody asks the table for INT 3, 4
     * and 0x80, which have gates of DPL 3 in Xen's own.
     */
    public static void softwareInterrupt(Vcpu v, int vector, int length, boolean implied) {
        Cpu cpu = v.cpu;
        int dpl = v.trapFlags[vector] & 3;
        boolean direct = implied || vector == Vector.BP || vector == Vector.OF;
        boolean open = direct || vector == LINUX_CALL || dpl >= (v.kernelMode() ? 1 : 3);
        if (!open || !v.handles(vector) && !direct) {
            Bounce.fault(v, Vector.GP, vector << 3 | 2, 0);
            return;
        }
        cpu.systemFlags &= ~Rflags.RF;
        // As Xen, which takes others for two bytes.
        cpu.rip += direct || vector == LINUX_CALL ? length : 2;
        if (direct) {
            Bounce.exception(v, vector, GuestFault.NO_ERROR_CODE, 0);
        } else {
            Bounce.interrupt(v, vector);
        }
    }

    /** SYSCALL in guest user mode; RIP, RCX and R11 are as after the instruction. */
    public static void syscall(Vcpu v) {
        Cpu cpu = v.cpu;
        boolean compat = cpu.mode != Cpu.MODE_64;
        int cs = cpu.segments[Segment.CS].selector | 3;
        Callback callback =
                compat || cs == Selector.FLAT_CODE32 ? v.syscall32Callback : v.syscallCallback;
        if (v.domain.compat()) {
            cpu.rip &= 0xffff_ffffL;
            if (!v.registered(callback)) {
                cpu.rip -= 2;
                Bounce.exception(v, Vector.GP, 0, 0);
            } else {
                Bounce.systemCall(v, callback, Selector32.FLAT_USER_CODE);
            }
            return;
        }
        if (callback.address == 0) {
            cpu.rip -= 2;
            Bounce.exception(v, Vector.UD, GuestFault.NO_ERROR_CODE, 0);
            return;
        }
        Bounce.systemCall(v, callback, compat ? Selector.FLAT_CODE32 : Selector.FLAT_CODE64);
    }

    /** SYSENTER; RIP is at the instruction. */
    public static void sysenter(Vcpu v) {
        Cpu cpu = v.cpu;
        if (v.kernelMode() || !v.registered(v.sysenterCallback)) {
            Bounce.fault(v, Vector.GP, 0, 0);
            return;
        }
        cpu.rip = 0;
        cpu.rsp = 0;
        cpu.segments[Segment.CS].selector = 3;
        cpu.segments[Segment.SS].selector = Bounce.shownSs(v);
        Callback callback = v.sysenterCallback;
        Bounce.enter(v, callback.cs, callback.address, callback.maskEvents, false, 0, Rflags.DF);
    }
}
