package xenolith.hypervisor.host;

import java.util.function.Consumer;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.hypercall.Dispatcher;
import xenolith.hypervisor.paging.BatchedPageTables;
import xenolith.hypervisor.pv.Emulation;
import xenolith.hypervisor.pv.Faults;
import xenolith.hypervisor.trap.Bounce;
import xenolith.hypervisor.trap.Traps;
import xenolith.machine.cpu.Exit;
import xenolith.machine.fault.GuestFault;

/** What the hypervisor does about each exit of a PV guest. */
final class GuestExits {
    private static final int HYPERCALL_VECTOR = 0x82;

    private final Emulation emulation = new Emulation();
    private final Faults faults = new Faults(emulation);
    private final Dispatcher dispatcher = new Dispatcher();

    private Consumer<Vcpu> afterHypercall = v -> {};

    /** Sets who is told after each hypercall. */
    void afterHypercalls(Consumer<Vcpu> action) {
        afterHypercall = action;
    }

    /** Delivers what waits for {@code v}: an NMI, or the event upcall. */
    void deliver(Vcpu v) {
        if (!v.nmiPending && !v.upcallDue()) {
            return;
        }
        endBatch(v);
        if (v.nmiPending && !v.nmiMasked) {
            v.nmiPending = false;
            nmi(v);
        }
        if (v.upcallDue() && v.registered(v.eventCallback)) {
            Bounce.event(v);
        }
    }

    /** Without a handler an NMI is lost. */
    private static void nmi(Vcpu v) {
        if (v.handles(Vector.NMI)) {
            v.nmiMasked = true;
            Bounce.exception(v, Vector.NMI, GuestFault.NO_ERROR_CODE, 0);
        } else {
            v.domain.refuse("an NMI of " + v + " is lost: it has no handler");
        }
    }

    /** Handles {@code exit}. */
    void handle(Vcpu v, Exit exit) {
        if (endBatch(v) && exit instanceof Exit.Fault f && f.vector() == Vector.PF) {
            // Perhaps for want of the open table: if not, it comes again.
            return;
        }
        switch (exit) {
            case Exit.Simple simple -> simple(v, simple);
            case Exit.Fault f -> faults.handle(v, f.vector(), f.errorCode(), f.address());
            case Exit.SoftwareInterrupt i when hypercall(v, i) -> {
                v.cpu.rip += i.length();
                v.cpu.systemFlags &= ~Rflags.RF;
                dispatcher.hypercall(v);
                afterHypercall.accept(v);
            }
            case Exit.SoftwareInterrupt i ->
                    Traps.softwareInterrupt(v, i.vector(), i.length(), i.implied());
            case Exit.Privileged p -> emulation.privileged(v, p.instruction());
        }
    }

    /** INT 82, whose gate is there for ring 1 of 32-bit guests. */
    private static boolean hypercall(Vcpu v, Exit.SoftwareInterrupt i) {
        return i.vector() == HYPERCALL_VECTOR && v.domain.compat() && v.cpu.cpl <= 1;
    }

    /** Closes a page table that was opened for the guest's stores; whether there was one. */
    static boolean endBatch(Vcpu v) {
        BatchedPageTables batched = v.domain.paging.batched();
        if (batched == null || !batched.isOpen()) {
            return false;
        }
        if (batched.close() != 0) {
            v.domain.crash(v, "a store to a page table is refused, too late to undo it");
        }
        return true;
    }

    private void simple(Vcpu v, Exit.Simple exit) {
        switch (exit) {
            case TIME_UP -> {}
            case SYSCALL -> {
                if (v.kernelMode() && !v.domain.compat()) {
                    dispatcher.hypercall(v);
                    afterHypercall.accept(v);
                } else {
                    Traps.syscall(v);
                }
            }
            case SYSENTER -> Traps.sysenter(v);
            case CPUID -> emulation.cpuid(v);
        }
    }
}
