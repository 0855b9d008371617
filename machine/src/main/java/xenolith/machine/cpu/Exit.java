package xenolith.machine.cpu;

import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;

/** Why an {@link Engine} came back: what it could not finish alone, as data. */
public sealed interface Exit {
    /** Exits without contents. */
    enum Simple implements Exit {
        /** The instruction limit was reached, or somebody called {@link Cpu#kick()}. */
        TIME_UP,
        /** SYSCALL was executed: RCX, R11 and RIP are as after the instruction. */
        SYSCALL,
        /** SYSENTER was executed; RIP is still at the instruction. */
        SYSENTER,
        /** CPUID was executed; RIP is still at the instruction (2 bytes). */
        CPUID
    }

    /**
     * An exception; RIP is at the faulting instruction (faults) or behind it (traps such as #DB of
     * a single step).
     *
     * @param vector 0 to 31
     * @param errorCode the code, or {@link GuestFault#NO_ERROR_CODE}
     * @param address the linear address of a page fault, else 0
     */
    record Fault(int vector, int errorCode, long address) implements Exit {}

    /**
     * INT n, INT3, INTO or INT1; RIP is still at the instruction.
     *
     * @param vector 0 to 255
     * @param length length of the instruction in bytes
     * @param implied whether the vector is implied by the opcode (INT3, INTO, INT1)
     */
    record SoftwareInterrupt(int vector, int length, boolean implied) implements Exit {}

    /**
     * A privileged or I/O instruction that this privilege level may not execute by itself; RIP is
     * at the instruction. Whoever emulates it advances RIP by its length, else injects #GP(0).
     */
    record Privileged(Instruction instruction) implements Exit {}
}
