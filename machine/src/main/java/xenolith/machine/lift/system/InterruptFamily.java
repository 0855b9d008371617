package xenolith.machine.lift.system;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** Software interrupts, system calls, and the interrupt flag. */
final class InterruptFamily {
    private static final int EFER_SCE = 1;

    private InterruptFamily() {}

    /** Of the one-byte map, or null. */
    static @Nullable Op oneByte(Instruction i) {
        return switch (i.opcode) {
            case 0xcc -> interrupt(i, Vector.BP, true);
            case 0xcd -> interrupt(i, (int) i.immediate & 0xff, false);
            case 0xce -> into(i);
            case 0xf1 -> interrupt(i, Vector.DB, true);
            case 0xfa -> interruptFlag(i, false);
            case 0xfb -> interruptFlag(i, true);
            default -> null;
        };
    }

    private static Op interrupt(Instruction i, int vector, boolean implied) {
        Exit exit = new Exit.SoftwareInterrupt(vector, i.length, implied);
        return SystemOp.exit(i, () -> exit);
    }

    private static Op into(Instruction i) {
        Exit exit = new Exit.SoftwareInterrupt(Vector.OF, i.length, true);
        return SystemOp.jump(
                i,
                cpu -> {
                    if (Flags.overflow(cpu.flagAux)) {
                        SystemOp.leave(cpu, i, exit);
                    } else {
                        cpu.rip = SystemOp.next(cpu, i);
                    }
                });
    }

    private static Op interruptFlag(Instruction i, boolean set) {
        Exit exit = new Exit.Privileged(i);
        return SystemOp.jump(
                i,
                cpu -> {
                    if (cpu.cpl > (cpu.systemFlags & Rflags.IOPL) >>> 12) {
                        SystemOp.leave(cpu, i, exit);
                        return;
                    }
                    cpu.systemFlags = cpu.systemFlags & ~Rflags.IF | (set ? Rflags.IF : 0);
                    cpu.rip = SystemOp.next(cpu, i);
                });
    }

    /** SYSCALL (SDM volume 2): RCX and R11 are written here, the rest is the caller's. */
    static Op syscall(Instruction i) {
        return SystemOp.jump(
                i,
                cpu -> {
                    if ((cpu.efer & EFER_SCE) == 0) {
                        throw cpu.fault(Vector.UD);
                    }
                    long next = SystemOp.next(cpu, i);
                    cpu.rcx = next;
                    cpu.r11 = cpu.rflags() & ~Rflags.RF;
                    cpu.rip = next;
                    cpu.exit = Exit.Simple.SYSCALL;
                });
    }

    /** SYSENTER. */
    static Op sysenter(Instruction i) {
        return SystemOp.exit(i, () -> Exit.Simple.SYSENTER);
    }
}
