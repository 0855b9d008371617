package xenolith.machine.lift.x87;

import xenolith.machine.alu.x87.Constants;
import xenolith.machine.alu.x87.Conversion;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** FLD, FILD, FBLD of an operand in memory. */
final class LoadOp extends X87MemoryOp {
    private static final int STACK_OVERFLOW = Extended80.IE | Extended80.SF | Extended80.C1;

    private final Operand format;

    LoadOp(Instruction i, Operand format) {
        super(i);
        this.format = format;
    }

    @Override
    void operate(Cpu cpu, Fpu f) {
        Extended80 z = f.result;
        format.read(cpu, address, z);
        if (format == Operand.SINGLE || format == Operand.DOUBLE) {
            Conversion.quiet(z);
        }
        push(f, z);
    }

    /** Pushes {@code z}, or the masked response to a stack overflow. */
    private static void push(Fpu f, Extended80 z) {
        if (!f.isEmpty(-1)) {
            z.setIndefinite();
            z.exceptions = STACK_OVERFLOW;
        }
        // Unlike others, a load is performed even if the denormal operand is unmasked.
        if (!f.raise(z.exceptions) || z.exceptions == Extended80.DE) {
            f.push(z.signExponent, z.significand);
        }
    }

    /** FLD ST(i). */
    static final class Register extends X87Op {
        private final int source;

        Register(Instruction i) {
            super(i);
            this.source = i.rm & 7;
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            Extended80 z = f.result;
            if (f.isEmpty(source)) {
                z.setIndefinite();
                if (!f.raise(Extended80.IE | Extended80.SF)) {
                    f.push(z.signExponent, z.significand);
                }
                return;
            }
            z.exceptions = 0;
            z.set(f.signExponent(source), f.significand(source));
            push(f, z);
        }
    }

    /** FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2, FLDZ. */
    static final class Constant extends X87Op {
        private final int index;

        Constant(Instruction i) {
            super(i);
            this.index = i.rm & 7;
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            Constants.load(f.result, index, f.control);
            push(f, f.result);
        }
    }
}
