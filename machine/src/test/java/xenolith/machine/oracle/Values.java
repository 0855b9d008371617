package xenolith.machine.oracle;

import java.util.SplittableRandom;

/** Random operands, with a liking for those at the edges. */
final class Values {
    private final SplittableRandom random;

    Values(SplittableRandom random) {
        this.random = random;
    }

    /** Uniform, 0 to {@code bound} less one. */
    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    long bits() {
        return random.nextLong();
    }

    /** An integer of 64 bits. */
    long integer() {
        return switch (below(8)) {
            case 0 -> below(4) - 1L;
            case 1 -> (1L << below(64)) + below(3) - 1;
            case 2 -> -(1L << below(64)) + below(3) - 1;
            case 3 -> below(256) - 128L;
            case 4 -> bits() >> below(64);
            case 5 -> below(256) * 0x0101_0101_0101_0101L;
            default -> bits();
        };
    }

    /** Bits of a single. */
    int single() {
        int sign = below(2) << 31;
        return switch (below(10)) {
            case 0 -> sign;
            case 1 -> sign | 0x7f80_0000;
            case 2 -> sign | 0x7fc0_0000 | below(1 << 22);
            case 3 -> sign | 0x7f80_0000 | 1 + below((1 << 22) - 1);
            case 4 -> sign | below(1 << 23);
            case 5 -> Float.floatToRawIntBits((float) integer());
            case 6 -> sign | 127 + below(5) - 2 << 23 | below(8) << 20;
            case 7 -> sign | 127 + below(70) - 2 << 23 | below(1 << 23);
            default -> (int) bits();
        };
    }

    /** Bits of a double. */
    long dual() {
        long sign = (long) below(2) << 63;
        return switch (below(10)) {
            case 0 -> sign;
            case 1 -> sign | 0x7ff0_0000_0000_0000L;
            case 2 -> sign | 0x7ff8_0000_0000_0000L | bits() >>> 13;
            case 3 -> sign | 0x7ff0_0000_0000_0000L | (bits() >>> 13) + 1;
            case 4 -> sign | bits() >>> 12;
            case 5 -> Double.doubleToRawLongBits((double) integer());
            case 6 -> sign | 1023L + below(5) - 2 << 52 | (long) below(8) << 49;
            case 7 -> sign | 1023L + below(70) - 2 << 52 | bits() >>> 12;
            case 8 -> Double.doubleToRawLongBits(Float.intBitsToFloat(single()));
            default -> bits();
        };
    }

    /** Significand of a register that goes with {@link #exponent}, picked first. */
    long significand(int signExponent) {
        int exponent = signExponent & 0x7fff;
        long top = 1L << 63;
        if (exponent == 0x7fff) {
            return switch (below(3)) {
                case 0 -> top;
                case 1 -> 3L << 62 | bits() >>> 2;
                default -> top | 1 + (bits() >>> 3);
            };
        }
        if (exponent == 0) {
            return oneIn(3) ? bits() >>> 1 + below(63) : 0;
        }
        return switch (below(4)) {
            case 0 -> top;
            case 1 -> top | (long) below(1 << 8) << 55;
            case 2 -> top | bits() >>> 12 << 11;
            default -> top | bits();
        };
    }

    /** Sign and exponent of an x87 register. */
    int exponent() {
        int sign = below(2) << 15;
        return sign
                | switch (below(8)) {
                    case 0 -> 0;
                    case 1 -> 0x7fff;
                    case 2 -> below(0x7fff);
                    case 3 -> 0x3fff + below(2048) - 1024;
                    default -> 0x3fff + below(70) - 4;
                };
    }

    /** A word of a vector register: {@code kind} 0 integer, 1 singles, 2 doubles. */
    long vectorWord(int kind) {
        return switch (kind) {
            case 1 -> single() & 0xffff_ffffL | (long) single() << 32;
            case 2 -> dual();
            default ->
                    switch (below(4)) {
                        case 0 -> integer();
                        case 1 -> {
                            long b = below(3) * 0x7fL + below(2);
                            yield b * 0x0101_0101_0101_0101L ^ bits() & 0x0101_0101_0101_0101L;
                        }
                        default -> bits();
                    };
        };
    }
}
