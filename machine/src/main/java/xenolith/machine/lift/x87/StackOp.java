package xenolith.machine.lift.x87;

import xenolith.machine.alu.Flags;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** Instructions that move registers or the stack and never calculate. */
final class StackOp extends X87Op {
    /** What one of them does. */
    enum Kind {
        FXCH,
        FFREE,
        FFREEP,
        FINCSTP,
        FDECSTP,
        FNOP,
        FABS,
        FCHS
    }

    private static final int STACK_UNDERFLOW = Extended80.IE | Extended80.SF;

    private final Kind kind;
    private final int other;

    StackOp(Instruction i, Kind kind) {
        super(i);
        this.kind = kind;
        this.other = i.rm & 7;
    }

    @Override
    void run(Cpu cpu, Fpu f) {
        switch (kind) {
            case FXCH -> exchange(f);
            case FFREE -> free(f);
            case FFREEP -> {
                free(f);
                f.pop();
            }
            case FINCSTP -> {
                f.raise(0);
                f.top = f.top + 1 & 7;
            }
            case FDECSTP -> {
                f.raise(0);
                f.top = f.top - 1 & 7;
            }
            case FNOP -> {}
            case FABS -> setSign(f, f.signExponent(0) & ~Extended80.SIGN);
            case FCHS -> setSign(f, f.signExponent(0) ^ Extended80.SIGN);
        }
    }

    private void free(Fpu f) {
        f.raise(0);
        f.empty |= 1 << f.physical(other);
    }

    private static void setSign(Fpu f, int se) {
        if (!f.isEmpty(0)) {
            f.raise(0);
            f.set(0, se, f.significand(0));
        } else if (!f.raise(STACK_UNDERFLOW)) {
            fill(f, 0);
        }
    }

    /** Puts the masked response to a stack underflow into ST({@code i}). */
    private static void fill(Fpu f, int i) {
        f.result.setIndefinite();
        f.set(i, f.result.signExponent, f.result.significand);
    }

    private void exchange(Fpu f) {
        boolean underflow = f.isEmpty(0) || f.isEmpty(other);
        if (f.raise(underflow ? STACK_UNDERFLOW : 0)) {
            return;
        }
        if (f.isEmpty(0)) {
            fill(f, 0);
        }
        if (f.isEmpty(other)) {
            fill(f, other);
        }
        int se = f.signExponent(0);
        long sig = f.significand(0);
        f.set(0, f.signExponent(other), f.significand(other));
        f.set(other, se, sig);
    }

    /** FCMOVcc. */
    static final class ConditionalMove extends X87Op {
        private final int source;

        /** Condition as {@code Flags.condition} takes it. */
        private final int condition;

        ConditionalMove(Instruction i) {
            super(i);
            this.source = i.rm & 7;
            // B, E, BE, U are conditions 2, 4, 6, 10; DB has their opposites.
            int n = i.reg & 3;
            int positive = n == 3 ? 10 : 2 * n + 2;
            this.condition = i.opcode == 0xdb ? positive + 1 : positive;
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            boolean underflow = f.isEmpty(0) || f.isEmpty(source);
            if (underflow) {
                if (!f.raise(STACK_UNDERFLOW)) {
                    fill(f, 0);
                }
            } else if (Flags.condition(condition, cpu.flagResult, cpu.flagAux)) {
                f.set(0, f.signExponent(source), f.significand(source));
            }
        }
    }
}
