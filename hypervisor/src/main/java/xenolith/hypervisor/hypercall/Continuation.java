package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.PageTypes;
import xenolith.machine.cpu.Cpu;

/**
 * How a long call lets others run: the guest executes its SYSCALL again with the arguments of the
 * rest. Both ways into the hypervisor are instructions of two bytes. An entry of a multicall is
 * rewritten in place, and the list goes on from it.
 */
final class Continuation {
    /** Work of one exit, in units of one page-table entry or the like, before a call pauses. */
    static final int BATCH = 4096;

    private Continuation() {}

    /** Begins an exit with no work done. */
    static void begin(Vcpu v) {
        v.work = 0;
        types(v).allow(BATCH);
        v.continuation = null;
    }

    /**
     * Accounts for {@code weight} units of work that come next, item {@code i} of a list; whether
     * the call must pause before it. The first item of a list always gets its turn.
     */
    static boolean due(Vcpu v, long i, int weight) {
        v.work += weight;
        return i > 0 && v.work + types(v).spent() > BATCH;
    }

    /** Ends an exit: its work is known, and whatever tools do next may take its time. */
    static void end(Vcpu v) {
        v.work += (int) types(v).spent();
        types(v).allowAll();
    }

    private static PageTypes types(Vcpu v) {
        return v.domain.hypervisor.frames.types();
    }

    /** Makes the call in progress go on later with these as its first arguments; answers 0. */
    static long again(Vcpu v, long... arguments) {
        v.continuation = arguments;
        return 0;
    }

    /** Whether the call in progress paused. */
    static boolean paused(Vcpu v) {
        return v.continuation != null;
    }

    /** Takes the arguments with which the paused call goes on. */
    static long[] take(Vcpu v) {
        long[] arguments = java.util.Objects.requireNonNull(v.continuation);
        v.continuation = null;
        return arguments;
    }

    /** Rewinds the guest to its SYSCALL with the arguments of the paused call. */
    static void rewind(Vcpu v) {
        Cpu cpu = v.cpu;
        long[] arguments = take(v);
        int[] registers = Dispatcher.arguments(v);
        for (int i = 0; i < arguments.length; i++) {
            cpu.set(registers[i], arguments[i]);
        }
        cpu.rip -= 2;
        v.registersReplaced = true;
        v.yielded = true;
    }
}
