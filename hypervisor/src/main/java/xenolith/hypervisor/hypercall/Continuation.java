package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;

/**
 * How a long call lets others run: the guest executes its SYSCALL again with the arguments of the
 * rest. Both ways into the hypervisor are instructions of two bytes.
 */
final class Continuation {
    /** Entries of a list after which a call lets others run. */
    static final int BATCH = 4096;

    private Continuation() {}

    /** Whether a list of which {@code done} entries are done must pause now. */
    static boolean due(Vcpu v, long done) {
        return done >= BATCH && !v.inMulticall;
    }

    /** Makes the guest call again with new first and second arguments. */
    static long again(Vcpu v, long a1, long a2) {
        Cpu cpu = v.cpu;
        cpu.r[Cpu.RDI] = a1;
        cpu.r[Cpu.RSI] = a2;
        cpu.rip -= 2;
        v.registersReplaced = true;
        v.yielded = true;
        return 0;
    }
}
