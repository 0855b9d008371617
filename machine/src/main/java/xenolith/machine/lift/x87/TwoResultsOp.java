package xenolith.machine.lift.x87;

import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.alu.x87.Scaling;
import xenolith.machine.alu.x87.Trigonometry;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;

/** FPTAN, FXTRACT, FSINCOS: a result replaces ST(0), a second one is pushed. */
final class TwoResultsOp extends X87Op {
    private static final int FPTAN = 0xf2;
    private static final int FXTRACT = 0xf4;

    private final int kind;

    TwoResultsOp(Instruction i) {
        super(i);
        this.kind = 0xc0 | (i.reg & 7) << 3 | i.rm & 7;
    }

    @Override
    void run(Cpu cpu, Fpu f) {
        Extended80 z = f.result;
        int se = f.signExponent(0);
        long sig = f.significand(0);
        boolean underflow = f.isEmpty(0);
        if (underflow || !f.isEmpty(-1)) {
            z.setIndefinite();
            int overflow = underflow ? 0 : Extended80.C1;
            if (!f.raise(Extended80.IE | Extended80.SF | overflow)) {
                f.set(0, z.signExponent, z.significand);
                f.push(z.signExponent, z.significand);
            }
            clearC2(f);
            return;
        }
        if (kind != FXTRACT && Trigonometry.outOfRange(se, sig)) {
            f.raise(0);
            f.status |= Extended80.C2;
            return;
        }
        z.exceptions = 0;
        first(z, se, sig, f.control);
        int firstSe = z.signExponent;
        long firstSig = z.significand;
        int exceptions = z.exceptions;
        z.exceptions = 0;
        second(z, se, sig, firstSe, firstSig, f.control);
        exceptions |= z.exceptions & ~Extended80.C1;
        if (!f.raise(exceptions)) {
            f.set(0, firstSe, firstSig);
            f.push(z.signExponent, z.significand);
        }
        clearC2(f);
    }

    private void clearC2(Fpu f) {
        if (kind != FXTRACT) {
            f.status &= ~Extended80.C2;
        }
    }

    private void first(Extended80 z, int se, long sig, int control) {
        switch (kind) {
            case FPTAN -> Trigonometry.tangent(z, se, sig, control);
            case FXTRACT -> Scaling.extractExponent(z, se, sig);
            default -> Trigonometry.sine(z, se, sig, control);
        }
    }

    private void second(Extended80 z, int se, long sig, int firstSe, long firstSig, int control) {
        boolean number = (firstSe & Extended80.MAX_EXPONENT) != Extended80.MAX_EXPONENT;
        switch (kind) {
            case FPTAN -> z.set(number ? Extended80.BIAS : firstSe, number ? 1L << 63 : firstSig);
            case FXTRACT -> Scaling.extractSignificand(z, se, sig);
            default -> Trigonometry.cosine(z, se, sig, control);
        }
    }
}
