package xenolith.machine.lift.x87;

import xenolith.abi.x86.Rflags;
import xenolith.machine.alu.x87.Comparison;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** FCOM, FUCOM, FCOMI, FUCOMI of two registers, with up to two pops. */
final class ComparisonOp extends X87Op {
    private static final int STACK_UNDERFLOW = Extended80.IE | Extended80.SF;

    private final int source;
    private final boolean quiet;

    /** Whether the result goes to RFLAGS. */
    private final boolean toFlags;

    private final int pops;

    ComparisonOp(Instruction i, boolean quiet, boolean toFlags, int pops) {
        super(i);
        this.source = i.rm & 7;
        this.quiet = quiet;
        this.toFlags = toFlags;
        this.pops = pops;
    }

    @Override
    void run(Cpu cpu, Fpu f) {
        Extended80 z = f.result;
        int order = Comparison.UNORDERED;
        if (f.isEmpty(0) || f.isEmpty(source)) {
            z.exceptions = STACK_UNDERFLOW;
        } else {
            z.exceptions = 0;
            order =
                    Comparison.compare(
                            z,
                            f.signExponent(0),
                            f.significand(0),
                            f.signExponent(source),
                            f.significand(source),
                            quiet);
        }
        int c1 = toFlags && (z.exceptions & Extended80.SF) == 0 ? f.status & Extended80.C1 : 0;
        boolean undone = f.raise(z.exceptions);
        f.status |= c1;
        if (toFlags) {
            cpu.setStatusFlags(flags(order));
        } else {
            f.conditions(order);
        }
        for (int n = 0; n < pops && !undone; n++) {
            f.pop();
        }
    }

    private static int flags(int order) {
        return ((order & Extended80.C3) != 0 ? Rflags.ZF : 0)
                | ((order & Extended80.C2) != 0 ? Rflags.PF : 0)
                | ((order & Extended80.C0) != 0 ? Rflags.CF : 0);
    }

    /** FCOM, FCOMP, FICOM, FICOMP with an operand in memory. */
    static final class Memory extends X87MemoryOp {
        private final Operand format;
        private final boolean pops;

        Memory(Instruction i) {
            super(i);
            this.format = Operand.ofArithmetic(i);
            this.pops = (i.reg & 1) != 0;
        }

        @Override
        void operate(Cpu cpu, Fpu f) {
            Extended80 z = f.result;
            format.read(cpu, address, z);
            int order = Comparison.UNORDERED;
            if (f.isEmpty(0)) {
                z.exceptions = STACK_UNDERFLOW;
            } else {
                order =
                        Comparison.compare(
                                z,
                                f.signExponent(0),
                                f.significand(0),
                                z.signExponent,
                                z.significand,
                                false);
            }
            boolean undone = f.raise(z.exceptions);
            f.conditions(order);
            if (pops && !undone) {
                f.pop();
            }
        }
    }

    /** FTST: compares ST(0) with zero. */
    static final class Test extends X87Op {
        Test(Instruction i) {
            super(i);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            Extended80 z = f.result;
            int order = Comparison.UNORDERED;
            if (f.isEmpty(0)) {
                z.exceptions = STACK_UNDERFLOW;
            } else {
                z.exceptions = 0;
                order = Comparison.compare(z, f.signExponent(0), f.significand(0), 0, 0, false);
            }
            f.raise(z.exceptions);
            f.conditions(order);
        }
    }

    /** FXAM. */
    static final class Examine extends X87Op {
        private static final int EMPTY = Extended80.C3 | Extended80.C0;

        Examine(Instruction i) {
            super(i);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            int se = f.signExponent(0);
            int sign = (se & Extended80.SIGN) != 0 ? Extended80.C1 : 0;
            f.conditions(f.isEmpty(0) ? EMPTY | sign : Comparison.examine(se, f.significand(0)));
        }
    }
}
