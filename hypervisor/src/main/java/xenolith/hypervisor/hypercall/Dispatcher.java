package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;
import xenolith.abi.xen.OperationName;
import xenolith.abi.xen.Selector;
import xenolith.hypervisor.domain.History;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.log.Refusals;
import xenolith.hypervisor.trace.Trace;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

/** Takes a SYSCALL of guest kernel mode, or INT 82 of a 32-bit guest, to its hypercall. */
public final class Dispatcher {
    private static final int[] ARGUMENTS_64 = {Cpu.RDI, Cpu.RSI, Cpu.RDX, Cpu.R10, Cpu.R8};
    private static final int[] ARGUMENTS_32 = {Cpu.RBX, Cpu.RCX, Cpu.RDX, Cpu.RSI, Cpu.RDI};

    private final HypercallTable table = new HypercallTable();

    /** The table. */
    public HypercallTable table() {
        return table;
    }

    /** The registers with the arguments, in order. */
    static int[] arguments(Vcpu v) {
        return v.domain.compat() ? ARGUMENTS_32 : ARGUMENTS_64;
    }

    /** Executes the hypercall in {@code v}'s registers; RIP is behind the instruction. */
    public void hypercall(Vcpu v) {
        boolean compat = v.domain.compat();
        long width = compat ? 0xffff_ffffL : -1L;
        int[] a = arguments(v);
        long number = v.cpu.rax & width;
        long a1 = v.cpu.get(a[0]) & width;
        long a2 = v.cpu.get(a[1]) & width;
        long a3 = v.cpu.get(a[2]) & width;
        long rip = v.cpu.rip;
        v.registersReplaced = false;
        Continuation.begin(v);
        // SYSCALL and SYSRET load flat segments, whatever the guest ran on.
        if (!compat
                && (v.cpu.segments[Segment.CS].selector != Selector.FLAT_CODE64
                        || v.cpu.segments[Segment.SS].selector != Selector.FLAT_DATA)) {
            Segments.loadFlatKernel(v.cpu);
        }
        v.crossings[History.HYPERCALL]++;
        v.history.add(History.HYPERCALL, rip, number, a1, a2, a3);
        long result = call(v, number, a1, a2, a3, v.cpu.get(a[3]) & width, v.cpu.get(a[4]) & width);
        if (Continuation.paused(v)) {
            Continuation.rewind(v);
        } else if (!v.registersReplaced) {
            v.cpu.rax = result & width;
            v.history.result(result);
        }
        Trace trace = v.domain.hypervisor.trace;
        if (trace.hypercall()) {
            trace.line(
                    v
                            + String.format(
                                    " %016x %s(%x, %x, %x) = %d",
                                    rip, OperationName.of(number, a1), a1, a2, a3, result));
        }
    }

    private long call(Vcpu v, long number, long a1, long a2, long a3, long a4, long a5) {
        Refusals refusals = v.domain.hypervisor.log.refusals();
        refusals.begin();
        try {
            long result;
            try {
                result = table.call(v, number, a1, a2, a3, a4, a5);
            } catch (GuestAccessException e) {
                result = -Errno.EFAULT;
            }
            if (refused(number, a1, result) || refusals.pending()) {
                refusals.record(v.domain.domid(), v.id, number, a1, a2, a3, result);
            }
            return result;
        } finally {
            refusals.end();
            Continuation.end(v);
        }
    }

    /**
     * Whether {@code result} is an error; get_debugreg answers any number. Linux counts its vCPUs
     * by asking for each that there could be: thousands of such answers would hide all others.
     */
    static boolean refused(long number, long a1, long result) {
        boolean counting =
                number == Hypercall.VCPU_OP && (int) a1 == VcpuOp.IS_UP && result == -Errno.ENOENT;
        return result < 0 && result >= -4095 && number != Hypercall.GET_DEBUGREG && !counting;
    }
}
