package xenolith.machine.lift.x87;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.x87.Arithmetic;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.alu.x87.Logarithm;
import xenolith.machine.alu.x87.Remainder;
import xenolith.machine.alu.x87.Scaling;
import xenolith.machine.alu.x87.Trigonometry;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** D9 F0 to D9 FF: functions of ST(0), or of ST(0) and ST(1). */
final class FunctionOp extends X87Op {
    /** Functions, named for their instructions. */
    enum Kind {
        F2XM1(1),
        FYL2X(2),
        FPATAN(2),
        FPREM1(2),
        FPREM(2),
        FYL2XP1(2),
        FSQRT(1),
        FRNDINT(1),
        FSCALE(2),
        FSIN(1),
        FCOS(1);

        /** Registers that are read. */
        final int operands;

        Kind(int operands) {
            this.operands = operands;
        }

        /** Whether the result replaces ST(1), and ST(0) is popped. */
        boolean pops() {
            return this == FYL2X || this == FPATAN || this == FYL2XP1;
        }

        boolean clearsC2() {
            return trigonometric() || this == FPREM || this == FPREM1;
        }

        boolean trigonometric() {
            return this == FSIN || this == FCOS;
        }
    }

    private final Kind kind;

    FunctionOp(Instruction i, Kind kind) {
        super(i);
        this.kind = kind;
    }

    /** The operation of D9 /6 and D9 /7 (register form). */
    static X87Op of(Instruction i) {
        @Nullable Kind kind =
                switch ((i.reg & 1) << 3 | i.rm & 7) {
                    case 0 -> Kind.F2XM1;
                    case 1 -> Kind.FYL2X;
                    case 3 -> Kind.FPATAN;
                    case 5 -> Kind.FPREM1;
                    case 8 -> Kind.FPREM;
                    case 9 -> Kind.FYL2XP1;
                    case 10 -> Kind.FSQRT;
                    case 12 -> Kind.FRNDINT;
                    case 13 -> Kind.FSCALE;
                    case 14 -> Kind.FSIN;
                    case 15 -> Kind.FCOS;
                    default -> null;
                };
        if (kind != null) {
            return new FunctionOp(i, kind);
        }
        return switch (i.reg << 3 & 8 | i.rm & 7) {
            case 6 -> new StackOp(i, StackOp.Kind.FDECSTP);
            case 7 -> new StackOp(i, StackOp.Kind.FINCSTP);
            default -> new TwoResultsOp(i);
        };
    }

    @Override
    void run(Cpu cpu, Fpu f) {
        Extended80 z = f.result;
        z.exceptions = 0;
        int codes = -1;
        if (f.isEmpty(0) || kind.operands == 2 && f.isEmpty(1)) {
            z.setIndefinite();
            z.exceptions = Extended80.IE | Extended80.SF;
        } else if (kind.trigonometric()
                && Trigonometry.outOfRange(f.signExponent(0), f.significand(0))) {
            f.raise(0);
            f.status |= Extended80.C2;
            return;
        } else {
            codes = calculate(z, f);
        }
        boolean undone = f.raise(z.exceptions);
        if (kind.clearsC2()) {
            f.status &= ~Extended80.C2;
        }
        if (undone) {
            return;
        }
        if (codes >= 0) {
            f.conditions(codes);
        }
        if (kind.pops()) {
            f.pop();
        }
        f.set(0, z.signExponent, z.significand);
    }

    private int calculate(Extended80 z, Fpu f) {
        int se = f.signExponent(0);
        long sig = f.significand(0);
        int se1 = f.signExponent(1);
        long sig1 = f.significand(1);
        int control = f.control;
        switch (kind) {
            case F2XM1 -> Logarithm.exponential(z, se, sig, control);
            case FYL2X -> Logarithm.yLog2X(z, se1, sig1, se, sig, control);
            case FPATAN -> Trigonometry.arcTangent(z, se1, sig1, se, sig, control);
            case FYL2XP1 -> Logarithm.yLog2XPlus1(z, se1, sig1, se, sig, control);
            case FSQRT -> Arithmetic.squareRoot(z, se, sig, control);
            case FRNDINT -> Scaling.roundToInteger(z, se, sig, control);
            case FSCALE -> Scaling.scale(z, se, sig, se1, sig1, control);
            case FSIN -> Trigonometry.sine(z, se, sig, control);
            case FCOS -> Trigonometry.cosine(z, se, sig, control);
            case FPREM, FPREM1 -> {
                boolean nearest = kind == Kind.FPREM1;
                return Remainder.remainder(z, se, sig, se1, sig1, nearest, control);
            }
        }
        return -1;
    }
}
