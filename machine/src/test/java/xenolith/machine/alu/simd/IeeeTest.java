package xenolith.machine.alu.simd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** {@link Ieee} against Java's arithmetic, {@link Plain} against {@link Ieee}. */
class IeeeTest {
    private static final int CASES = 20_000;
    private static final int DEFAULT = 0x1f80;

    private final Random random = new Random(42);

    /** A number with any exponent, or with one near that of 1, or a small integer. */
    private double anyDouble() {
        return switch (random.nextInt(4)) {
            case 0 -> Double.longBitsToDouble(random.nextLong());
            case 1 -> random.nextInt(2000) - 1000;
            case 2 -> Double.longBitsToDouble(random.nextLong() & 0x801f_ffff_ffff_ffffL);
            default -> (random.nextDouble() - 0.5) * (1L << random.nextInt(40));
        };
    }

    private static long bits(double v) {
        return Double.doubleToRawLongBits(v);
    }

    private void same(double expected, long actual, double a, double b, String operation) {
        double r = Double.longBitsToDouble(actual);
        if (Double.isNaN(expected)) {
            assertThat(r).isNaN();
        } else {
            assertThat(actual)
                    .as("%s %s %s: %s, not %s", a, operation, b, r, expected)
                    .isEqualTo(bits(expected));
        }
    }

    @Test
    void nearestRoundingIsJavas() {
        for (int i = 0; i < CASES; i++) {
            double a = anyDouble();
            double b = anyDouble();
            FloatStatus s = new FloatStatus(DEFAULT);
            same(a + b, Ieee.DOUBLE.add(bits(a), bits(b), s), a, b, "+");
            same(a - b, Ieee.DOUBLE.sub(bits(a), bits(b), s), a, b, "-");
            same(a * b, Ieee.DOUBLE.mul(bits(a), bits(b), s), a, b, "*");
            same(a / b, Ieee.DOUBLE.div(bits(a), bits(b), s), a, b, "/");
            same(Math.sqrt(b), Ieee.DOUBLE.sqrt(0, bits(b), s), a, b, "sqrt");
        }
    }

    /** Where Plain says yes, the exact arithmetic raises nothing that MXCSR does not have yet. */
    @Test
    void plainResultsRaiseNothing() {
        int plain = 0;
        for (int i = 0; i < CASES; i++) {
            double a = anyDouble();
            double b = anyDouble();
            for (int mxcsr : new int[] {DEFAULT, DEFAULT | Mxcsr.PE, 0x9fc0 | Mxcsr.PE}) {
                FloatStatus s = new FloatStatus(mxcsr);
                if (Plain.sum(a, b, a + b, mxcsr)) {
                    same(a + b, Ieee.DOUBLE.add(bits(a), bits(b), s), a, b, "+");
                    plain++;
                }
                if (Plain.product(a, b, a * b, mxcsr)) {
                    same(a * b, Ieee.DOUBLE.mul(bits(a), bits(b), s), a, b, "*");
                    plain++;
                }
                if (Plain.quotient(a, b, a / b, mxcsr)) {
                    same(a / b, Ieee.DOUBLE.div(bits(a), bits(b), s), a, b, "/");
                    plain++;
                }
                if (Plain.root(b, Math.sqrt(b), mxcsr)) {
                    same(Math.sqrt(b), Ieee.DOUBLE.sqrt(0, bits(b), s), a, b, "sqrt");
                    plain++;
                }
                assertThat(s.flags & ~mxcsr).as("%s %s", a, b).isZero();
            }
        }
        assertThat(plain).isGreaterThan(CASES);
    }

    @Test
    void directedRoundingEnclosesTheExactSum() {
        for (int i = 0; i < CASES; i++) {
            double a = (random.nextDouble() - 0.5) * 100;
            double b = random.nextDouble() * 0x1p-20;
            long down = Ieee.DOUBLE.add(bits(a), bits(b), new FloatStatus(DEFAULT | 1 << 13));
            long up = Ieee.DOUBLE.add(bits(a), bits(b), new FloatStatus(DEFAULT | 2 << 13));
            double low = Double.longBitsToDouble(down);
            double high = Double.longBitsToDouble(up);
            assertThat(a + b).isBetween(low, high);
            assertThat(high).isIn(low, Math.nextUp(low));
        }
    }

    @Test
    void conversionToIntegerIsJavasCastWhereItFits() {
        for (int i = 0; i < CASES; i++) {
            double v = (random.nextDouble() - 0.5) * Math.scalb(1.0, random.nextInt(66));
            FloatStatus s = new FloatStatus(DEFAULT | 3 << 13);
            long r = Ieee.DOUBLE.toInteger(bits(v), 64, s);
            assertThat(r).isEqualTo(Math.abs(v) < 0x1p63 ? (long) v : Long.MIN_VALUE);
            boolean invalid = (s.flags & Mxcsr.IE) != 0;
            assertThat(invalid).isEqualTo(!(v >= -0x1p63 && v < 0x1p63));
        }
    }

    @Test
    void approximationsKeepTheirBound() {
        for (int i = 0; i < CASES; i++) {
            float v = Math.scalb(1 + random.nextFloat(), random.nextInt(200) - 100);
            long bits = Float.floatToRawIntBits(v);
            float reciprocal = Float.intBitsToFloat((int) Approximation.reciprocal(bits));
            float root = Float.intBitsToFloat((int) Approximation.reciprocalRoot(bits));
            assertThat((double) reciprocal * v).isCloseTo(1, within(1.5 / 4096));
            assertThat((double) root * Math.sqrt(v)).isCloseTo(1, within(1.5 / 4096));
        }
    }
}
