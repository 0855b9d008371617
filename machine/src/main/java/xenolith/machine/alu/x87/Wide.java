package xenolith.machine.alu.x87;

/**
 * A number with a significand of 128 bits, truncated after each operation: the inside of the
 * transcendental instructions. Its value is hi:lo / 2^127 * 2^exponent, bit 63 of hi set but for
 * zero.
 */
record Wide(boolean negative, int exponent, long hi, long lo) {
    static final Wide ZERO = new Wide(false, 0, 0, 0);
    static final Wide ONE = of(1);
    static final Wide TWO = of(2);

    /** Quotient of hi:lo by {@code b}, all unsigned; bit 63 of b set, hi less than b. */
    static long divide(long hi, long lo, long b) {
        long b1 = b >>> 32;
        long b0 = b & 0xffff_ffffL;
        long q1 = digit(hi, lo >>> 32, b1, b0);
        long rest = (hi << 32 | lo >>> 32) - q1 * b;
        long q0 = digit(rest, lo & 0xffff_ffffL, b1, b0);
        return q1 << 32 | q0;
    }

    /** One 32-bit digit of a quotient (Knuth, volume 2, 4.3.1, algorithm D). */
    private static long digit(long high, long next, long b1, long b0) {
        long q = Long.divideUnsigned(high, b1);
        long r = high - q * b1;
        while (q >>> 32 != 0 || Long.compareUnsigned(q * b0, r << 32 | next) > 0) {
            q--;
            r += b1;
            if (r >>> 32 != 0) {
                break;
            }
        }
        return q;
    }

    /** Floor of the square root of hi:lo, unsigned, at least 2^126. */
    static long squareRoot(long hi, long lo) {
        double estimate = Math.sqrt((hi >>> 11) * 0x1p11) * 0x1p32;
        // Saturates at 2^63 - 1 as signed, so halve before the conversion.
        long s = estimate >= 0x1.fffffffffffffp63 ? -1L : (long) (estimate * 0.5) << 1;
        if (Long.compareUnsigned(hi, s) >= 0) {
            s = -1L;
        }
        if (hi != -1L) {
            long q = divide(hi, lo, s);
            s = (s >>> 1) + (q >>> 1) + (s & q & 1);
        }
        while (squareAbove(s, hi, lo)) {
            s--;
        }
        while (s != -1L && !squareAbove(s + 1, hi, lo)) {
            s++;
        }
        return s;
    }

    private static boolean squareAbove(long s, long hi, long lo) {
        int order = Long.compareUnsigned(Math.unsignedMultiplyHigh(s, s), hi);
        return order > 0 || order == 0 && Long.compareUnsigned(s * s, lo) > 0;
    }

    static Wide of(int value) {
        return integer(value < 0, Math.abs((long) value));
    }

    /** {@code magnitude} is unsigned. */
    static Wide integer(boolean negative, long magnitude) {
        return normalized(negative, 63, magnitude, 0);
    }

    /** A finite 80-bit number. */
    static Wide of(int se, long sig) {
        if (sig == 0) {
            return ZERO;
        }
        return new Wide(
                Extended80.sign(se) != 0,
                Extended80.normalExponent(se, sig) - Extended80.BIAS,
                Extended80.normalSignificand(sig),
                0);
    }

    static Wide normalized(boolean negative, int exponent, long hi, long lo) {
        if (hi < 0) {
            return new Wide(negative, exponent, hi, lo);
        }
        if (hi == 0) {
            if (lo == 0) {
                return ZERO;
            }
            int shift = Long.numberOfLeadingZeros(lo);
            return new Wide(negative, exponent - 64 - shift, lo << shift, 0);
        }
        int shift = Long.numberOfLeadingZeros(hi);
        return new Wide(negative, exponent - shift, hi << shift | lo >>> 64 - shift, lo << shift);
    }

    boolean isZero() {
        return hi == 0;
    }

    Wide negate() {
        return new Wide(!negative, exponent, hi, lo);
    }

    /** This times 2^n. */
    Wide scale(int n) {
        return isZero() ? this : new Wide(negative, exponent + n, hi, lo);
    }

    Wide plus(Wide other) {
        if (isZero()) {
            return other;
        }
        if (other.isZero()) {
            return this;
        }
        return compareMagnitude(other) >= 0 ? plusSmaller(other) : other.plusSmaller(this);
    }

    Wide minus(Wide other) {
        return plus(other.negate());
    }

    int compareMagnitude(Wide other) {
        if (exponent != other.exponent) {
            return Integer.compare(exponent, other.exponent);
        }
        int order = Long.compareUnsigned(hi, other.hi);
        return order != 0 ? order : Long.compareUnsigned(lo, other.lo);
    }

    private Wide plusSmaller(Wide small) {
        int distance = exponent - small.exponent;
        if (distance > 127) {
            // Keeps the direction in which the lost operand moves the sum.
            long borrow = lo == 0 ? 1 : 0;
            return negative == small.negative
                    ? this
                    : normalized(negative, exponent, hi - borrow, lo - 1);
        }
        long smallHi;
        long smallLo;
        if (distance == 0) {
            smallHi = small.hi;
            smallLo = small.lo;
        } else if (distance < 64) {
            smallHi = small.hi >>> distance;
            smallLo = small.lo >>> distance | small.hi << 64 - distance;
        } else {
            smallHi = 0;
            smallLo = small.hi >>> distance - 64;
        }
        if (negative != small.negative) {
            long borrow = Long.compareUnsigned(lo, smallLo) < 0 ? 1 : 0;
            return normalized(negative, exponent, hi - smallHi - borrow, lo - smallLo);
        }
        long sumLo = lo + smallLo;
        long carry = Long.compareUnsigned(sumLo, lo) < 0 ? 1 : 0;
        long sumHi = hi + smallHi + carry;
        // smallHi is at most hi, so an equal sum has not wrapped unless smallHi is all ones.
        boolean wrapped =
                Long.compareUnsigned(sumHi, hi) < 0 || sumHi == hi && (smallHi | carry) != 0;
        return !wrapped
                ? new Wide(negative, exponent, sumHi, sumLo)
                : new Wide(
                        negative, exponent + 1, sumHi >>> 1 | 1L << 63, sumLo >>> 1 | sumHi << 63);
    }

    Wide times(Wide o) {
        if (isZero() || o.isZero()) {
            return ZERO;
        }
        long c1 = hi * o.lo;
        long c2 = lo * o.hi;
        long middle = c1 + c2;
        long carry = Long.compareUnsigned(middle, c1) < 0 ? 1 : 0;
        long low = Math.unsignedMultiplyHigh(lo, o.lo);
        middle += low;
        carry += Long.compareUnsigned(middle, low) < 0 ? 1 : 0;
        long productLo = hi * o.hi;
        long productHi = Math.unsignedMultiplyHigh(hi, o.hi);
        long x = Math.unsignedMultiplyHigh(hi, o.lo);
        productLo += x;
        productHi += Long.compareUnsigned(productLo, x) < 0 ? 1 : 0;
        x = Math.unsignedMultiplyHigh(lo, o.hi);
        productLo += x;
        productHi += Long.compareUnsigned(productLo, x) < 0 ? 1 : 0;
        productLo += carry;
        productHi += Long.compareUnsigned(productLo, carry) < 0 ? 1 : 0;
        boolean sign = negative != o.negative;
        int e = exponent + o.exponent + 1;
        if (productHi < 0) {
            return new Wide(sign, e, productHi, productLo);
        }
        return new Wide(
                sign, e - 1, productHi << 1 | productLo >>> 63, productLo << 1 | middle >>> 63);
    }

    /** This over {@code divisor}, which is not zero: one bit at a time. */
    Wide over(Wide divisor) {
        if (isZero()) {
            return ZERO;
        }
        long restHi = hi;
        long restLo = lo;
        boolean carry = false;
        long quotientHi = 0;
        long quotientLo = 0;
        for (int bit = 0; bit < 129; bit++) {
            boolean fits =
                    carry
                            || Long.compareUnsigned(restHi, divisor.hi) > 0
                            || restHi == divisor.hi
                                    && Long.compareUnsigned(restLo, divisor.lo) >= 0;
            if (fits) {
                long borrow = Long.compareUnsigned(restLo, divisor.lo) < 0 ? 1 : 0;
                restLo -= divisor.lo;
                restHi -= divisor.hi + borrow;
            }
            if (bit < 128 || quotientHi >= 0) {
                quotientHi = quotientHi << 1 | quotientLo >>> 63;
                quotientLo = quotientLo << 1 | (fits ? 1 : 0);
            } else {
                return new Wide(
                        negative != divisor.negative,
                        exponent - divisor.exponent,
                        quotientHi,
                        quotientLo);
            }
            carry = restHi < 0;
            restHi = restHi << 1 | restLo >>> 63;
            restLo <<= 1;
        }
        return new Wide(
                negative != divisor.negative,
                exponent - divisor.exponent - 1,
                quotientHi,
                quotientLo);
    }

    /** The sum of {@code coefficients[k] * x^k}. */
    static Wide polynomial(Wide[] coefficients, Wide x) {
        Wide sum = coefficients[coefficients.length - 1];
        for (int k = coefficients.length - 2; k >= 0; k--) {
            sum = sum.times(x).plus(coefficients[k]);
        }
        return sum;
    }

    /** Rounds to full precision into {@code z}; {@code exact} unless digits were lost before. */
    void round(Extended80 z, boolean exact, int control) {
        Rounding.round(
                z,
                negative ? Extended80.SIGN : 0,
                exponent + Extended80.BIAS,
                hi,
                exact ? lo : lo | 1,
                Rounding.full(control));
    }
}
