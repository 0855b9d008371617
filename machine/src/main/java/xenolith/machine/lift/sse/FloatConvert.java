package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.alu.simd.Ieee;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;
import xenolith.machine.lift.sse.FloatMixes.MixOp;

/** Conversions between floating-point formats and packed integers: the CVT instructions. */
final class FloatConvert {
    private static final long LOW32 = 0xffff_ffffL;
    private static final Ieee S = Ieee.SINGLE;
    private static final Ieee D = Ieee.DOUBLE;

    private FloatConvert() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        return switch (i.opcode) {
            case 0x2a, 0x2c, 0x2d ->
                    prefix == 0xf3 || prefix == 0xf2 ? GeneralConvert.lift(i) : MmxConvert.lift(i);
            case 0x5a -> formats(i, prefix);
            case 0x5b -> singlesAndIntegers(i, prefix);
            case 0xe6 -> doublesAndIntegers(i, prefix);
            default -> null;
        };
    }

    /** CVTPS2PD, CVTPD2PS, CVTSS2SD, CVTSD2SS. */
    private static Op formats(Instruction i, int prefix) {
        return switch (prefix) {
            case 0 ->
                    new MixOp(
                            i,
                            8,
                            (a, c, b, d, s) -> S.convert(b & LOW32, D, s),
                            (a, c, b, d, s) -> S.convert(b >>> 32, D, s));
            case 0x66 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> D.convert(b, S, s) | D.convert(d, S, s) << 32,
                            (a, c, b, d, s) -> 0);
            default -> GeneralConvert.scalar(i, prefix == 0xf3);
        };
    }

    private static @Nullable Op singlesAndIntegers(Instruction i, int prefix) {
        return switch (prefix) {
            case 0 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> integersToSingles(b, s),
                            (a, c, b, d, s) -> integersToSingles(d, s));
            case 0x66 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> singlesToIntegers(b, s),
                            (a, c, b, d, s) -> singlesToIntegers(d, s));
            case 0xf3 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> singlesToIntegers(b, truncate(s)),
                            (a, c, b, d, s) -> singlesToIntegers(d, truncate(s)));
            default -> null;
        };
    }

    private static @Nullable Op doublesAndIntegers(Instruction i, int prefix) {
        return switch (prefix) {
            case 0xf3 ->
                    new MixOp(
                            i,
                            8,
                            (a, c, b, d, s) -> D.fromDoubleword(b, s),
                            (a, c, b, d, s) -> D.fromDoubleword(b >>> 32, s));
            case 0x66 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> doublesToIntegers(b, d, truncate(s)),
                            (a, c, b, d, s) -> 0);
            case 0xf2 ->
                    new MixOp(
                            i,
                            16,
                            (a, c, b, d, s) -> doublesToIntegers(b, d, s),
                            (a, c, b, d, s) -> 0);
            default -> null;
        };
    }

    static FloatStatus truncate(FloatStatus s) {
        s.rounding = FloatStatus.TRUNCATE;
        return s;
    }

    static long integersToSingles(long v, FloatStatus s) {
        return S.fromDoubleword(v, s) | S.fromDoubleword(v >>> 32, s) << 32;
    }

    static long singlesToIntegers(long v, FloatStatus s) {
        return S.toInteger(v & LOW32, 32, s) & LOW32 | S.toInteger(v >>> 32, 32, s) << 32;
    }

    static long doublesToIntegers(long low, long high, FloatStatus s) {
        return D.toInteger(low, 32, s) & LOW32 | D.toInteger(high, 32, s) << 32;
    }
}
