package xenolith.machine.lift.x87;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.x87.Arithmetic;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** FADD, FMUL, FSUB, FSUBR, FDIV, FDIVR of two registers, with or without a pop. */
final class ArithmeticOp extends X87Op {
    private static final int STACK_UNDERFLOW = Extended80.IE | Extended80.SF;

    private final int kind;
    private final int source;
    private final int destination;
    private final boolean pops;

    private ArithmeticOp(Instruction i) {
        super(i);
        this.kind = i.reg & 7;
        this.source = i.rm & 7;
        this.destination = i.opcode == 0xd8 ? 0 : source;
        this.pops = i.opcode == 0xde;
    }

    /** The arithmetic instructions of D8, DA, DC and DE but for the comparisons. */
    static @Nullable X87Op of(Instruction i) {
        if (i.memory()) {
            return new MemoryArithmeticOp(i);
        }
        return i.opcode == 0xda ? null : new ArithmeticOp(i);
    }

    @Override
    void run(Cpu cpu, Fpu f) {
        Extended80 z = f.result;
        if (f.isEmpty(0) || f.isEmpty(source)) {
            z.setIndefinite();
            z.exceptions = STACK_UNDERFLOW;
        } else {
            z.exceptions = 0;
            Arithmetic.apply(
                    kind,
                    z,
                    f.signExponent(0),
                    f.significand(0),
                    f.signExponent(source),
                    f.significand(source),
                    f.control);
        }
        if (f.raise(z.exceptions)) {
            return;
        }
        f.set(destination, z.signExponent, z.significand);
        if (pops) {
            f.pop();
        }
    }

    /** The same with an operand in memory. */
    private static final class MemoryArithmeticOp extends X87MemoryOp {
        private final int kind;
        private final Operand format;

        MemoryArithmeticOp(Instruction i) {
            super(i);
            this.kind = i.reg & 7;
            this.format = Operand.ofArithmetic(i);
        }

        @Override
        void operate(Cpu cpu, Fpu f) {
            Extended80 z = f.result;
            format.read(cpu, address, z);
            if (f.isEmpty(0)) {
                z.setIndefinite();
                z.exceptions = STACK_UNDERFLOW;
            } else {
                Arithmetic.apply(
                        kind,
                        z,
                        f.signExponent(0),
                        f.significand(0),
                        z.signExponent,
                        z.significand,
                        f.control);
            }
            if (!f.raise(z.exceptions)) {
                f.set(0, z.signExponent, z.significand);
            }
        }
    }
}
