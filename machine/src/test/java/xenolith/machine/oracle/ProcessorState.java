package xenolith.machine.oracle;

/**
 * What a user-mode instruction can see and change, as both processors take and give it. Mutable.
 */
final class ProcessorState {
    /**
     * First page of the data that instructions under test may touch; two pages. HotSpot takes no
     * addresses below 16 MiB for itself, so that these are free in the test's own process.
     */
    static final long SCRATCH = 0x40_0000L;

    static final int SCRATCH_SIZE = 0x2000;

    /** The part of the scratch pages that cases use: 1 KiB around the border of the two pages. */
    static final long WINDOW = SCRATCH + 0xe00;

    static final int WINDOW_SIZE = 0x400;

    /** Address of the border of the two pages, in the middle of the window. */
    static final long MIDDLE = SCRATCH + 0x1000;

    /** Page with the code under test. */
    static final long CODE = 0x41_0000L;

    /** Address of the instruction under test. */
    static final long INSTRUCTION = CODE + 0x800;

    /** Where taken branches may lead: in reach of an 8-bit and of a 32-bit displacement. */
    static final long NEAR_TARGET = INSTRUCTION + 0x50;

    static final long FAR_TARGET = CODE + 0x200;

    final long[] gpr = new long[16];
    long rip = INSTRUCTION;
    long rflags = 0x202;
    int mxcsr = 0x1f80;
    int fcw = 0x37f;

    /** Status word with TOP. */
    int fsw;

    /** Abridged tag word of FXSAVE: bit n set, physical register n is not empty. */
    int ftw;

    /** ST(0) to ST(7): significand, and sign with exponent. */
    final long[] significand = new long[8];

    final int[] signExponent = new int[8];

    /** XMM0 to XMM15, low word first. */
    final long[] xmm = new long[32];

    final byte[] window = new byte[WINDOW_SIZE];

    ProcessorState copy() {
        ProcessorState s = new ProcessorState();
        System.arraycopy(gpr, 0, s.gpr, 0, 16);
        s.rip = rip;
        s.rflags = rflags;
        s.mxcsr = mxcsr;
        s.fcw = fcw;
        s.fsw = fsw;
        s.ftw = ftw;
        System.arraycopy(significand, 0, s.significand, 0, 8);
        System.arraycopy(signExponent, 0, s.signExponent, 0, 8);
        System.arraycopy(xmm, 0, s.xmm, 0, 32);
        System.arraycopy(window, 0, s.window, 0, WINDOW_SIZE);
        return s;
    }

    /** Writes {@code size} (1 to 8) low bytes of {@code value} at {@code address} in the window. */
    void poke(long address, int size, long value) {
        for (int i = 0; i < size; i++) {
            window[(int) (address - WINDOW) + i] = (byte) (value >>> 8 * i);
        }
    }

    /** Reads {@code size} (1 to 8) bytes at {@code address} in the window, zero-extended. */
    long peek(long address, int size) {
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | window[(int) (address - WINDOW) + i] & 0xff;
        }
        return value;
    }
}
