package xenolith.machine.translate;

/**
 * Which divisions translated code leaves to the interpreter: 1 for those that raise #DE or need a
 * dividend of more than 64 bits, else 0. Wide operands are sign- or zero-extended.
 */
final class Division {
    private Division() {}

    static int hardUnsigned32(long dividend, long divisor) {
        return dividend >>> 32 >= divisor ? 1 : 0;
    }

    static int hardSigned32(long dividend, long divisor) {
        if (divisor == 0 || dividend == Long.MIN_VALUE) {
            return 1;
        }
        long quotient = dividend / divisor;
        return quotient == (int) quotient ? 0 : 1;
    }

    static int hardUnsigned64(long high, long divisor, long low) {
        return high != 0 || divisor == 0 ? 1 : 0;
    }

    static int hardSigned64(long high, long divisor, long low) {
        return high != low >> 63 || divisor == 0 || divisor == -1 ? 1 : 0;
    }
}
