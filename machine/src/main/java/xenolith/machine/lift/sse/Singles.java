package xenolith.machine.lift.sse;

/** Two singles in a 64-bit half. */
final class Singles {
    private Singles() {}

    static float first(long half) {
        return Float.intBitsToFloat((int) half);
    }

    static float second(long half) {
        return Float.intBitsToFloat((int) (half >>> 32));
    }

    static long pair(float first, float second) {
        return Float.floatToRawIntBits(first) & 0xffff_ffffL
                | (long) Float.floatToRawIntBits(second) << 32;
    }

    /** {@code half} with its first single replaced. */
    static long low(long half, float first) {
        return half & 0xffff_ffff_0000_0000L | Float.floatToRawIntBits(first) & 0xffff_ffffL;
    }
}
