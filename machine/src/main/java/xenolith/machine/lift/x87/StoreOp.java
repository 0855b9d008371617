package xenolith.machine.lift.x87;

import xenolith.machine.alu.x87.Conversion;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** FST, FSTP, FIST, FISTP, FISTTP, FBSTP to memory. */
final class StoreOp extends X87MemoryOp {
    /** Rounding control that truncates. */
    private static final int TRUNCATE = 3;

    private static final int AFTER = Extended80.OE | Extended80.UE;

    private final Operand format;
    private final boolean pops;
    private final boolean truncates;

    StoreOp(Instruction i, Operand format, boolean pops, boolean truncates) {
        super(i);
        this.format = format;
        this.pops = pops;
        this.truncates = truncates;
    }

    @Override
    void operate(Cpu cpu, Fpu f) {
        Extended80 z = f.result;
        int se = f.signExponent(0);
        long sig = f.significand(0);
        boolean empty = f.isEmpty(0);
        if (empty) {
            z.setIndefinite();
            se = z.signExponent;
            sig = z.significand;
        }
        z.exceptions = 0;
        long low = convert(z, se, sig, f.control);
        int high = z.signExponent;
        if (empty) {
            z.exceptions = Extended80.IE | Extended80.SF;
        }
        int unmasked = z.exceptions & ~f.control & (Extended80.BEFORE | AFTER);
        if (unmasked == 0) {
            format.write(cpu, address, low, high);
        }
        // An unmasked overflow or underflow stores nothing, hence is not inexact.
        f.raise((unmasked & AFTER) != 0 ? z.exceptions & AFTER : z.exceptions);
        if (unmasked == 0 && pops) {
            f.pop();
        }
    }

    private long convert(Extended80 z, int se, long sig, int control) {
        int mode = truncates ? TRUNCATE : control >>> 10 & 3;
        return switch (format) {
            case SINGLE -> Conversion.toSingle(z, se, sig, control);
            case DOUBLE -> Conversion.toDouble(z, se, sig, control);
            case EXTENDED -> {
                z.set(se, sig);
                yield sig;
            }
            case BCD -> Conversion.toBcd(z, se, sig, mode);
            default -> Conversion.toInteger(z, se, sig, format.size * 8, mode);
        };
    }

    /** FST and FSTP to a register. */
    static final class Register extends X87Op {
        private final int destination;
        private final boolean pops;

        Register(Instruction i, boolean pops) {
            super(i);
            this.destination = i.rm & 7;
            this.pops = pops;
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            Extended80 z = f.result;
            z.exceptions = 0;
            z.set(f.signExponent(0), f.significand(0));
            if (f.isEmpty(0)) {
                z.exceptions = Extended80.IE | Extended80.SF;
                z.setIndefinite();
            }
            if (f.raise(z.exceptions)) {
                return;
            }
            f.set(destination, z.signExponent, z.significand);
            if (pops) {
                f.pop();
            }
        }
    }

    /** D9 D8 to D9 DF: FSTP that takes an empty ST(0) without a stack fault and just pops it. */
    static final class Undocumented extends X87Op {
        private final int destination;

        Undocumented(Instruction i) {
            super(i);
            this.destination = i.rm & 7;
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            f.raise(0);
            if (!f.isEmpty(0)) {
                f.set(destination, f.signExponent(0), f.significand(0));
            }
            f.pop();
        }
    }
}
