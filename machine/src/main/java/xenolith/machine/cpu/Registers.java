package xenolith.machine.cpu;

import java.util.List;
import jdk.internal.misc.Unsafe;

/**
 * The general registers, by name and by number, and a few words that stand in a row with them since
 * operands name them by number too. They are fields, not an array, because translated code that
 * HotSpot's first compiler compiles would pay a comparison for each access to an array.
 *
 * <p>Numbers are those of the instruction encoding: RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 to
 * R15, then {@link #ZERO}, {@link #BLOCK} and six from {@link #SEGMENT_BASE}.
 */
public abstract sealed class Registers permits Cpu {
    public static final int RAX = 0;
    public static final int RCX = 1;
    public static final int RDX = 2;
    public static final int RBX = 3;
    public static final int RSP = 4;
    public static final int RBP = 5;
    public static final int RSI = 6;
    public static final int RDI = 7;
    public static final int R8 = 8;
    public static final int R10 = 10;
    public static final int R11 = 11;

    /** Number of {@link #zero}. */
    public static final int ZERO = 16;

    /** Number of {@link #block}. */
    public static final int BLOCK = 17;

    /** First of the six numbers of the segment bases, in the order of {@link Segment}. */
    public static final int SEGMENT_BASE = 18;

    /** How many numbers there are. */
    public static final int COUNT = 24;

    private static final Unsafe U = Unsafe.getUnsafe();

    private static final List<String> NAMES =
            List.of(
                    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10",
                    "r11", "r12", "r13", "r14", "r15", "zero", "block", "esBase", "csBase",
                    "ssBase", "dsBase", "fsBase", "gsBase");

    /** Where in an object number 0 lies; the others follow, 8 bytes each. */
    private static final long FIRST = U.objectFieldOffset(Registers.class, NAMES.getFirst());

    static {
        for (int n = 0; n < COUNT; n++) {
            if (U.objectFieldOffset(Registers.class, NAMES.get(n)) != FIRST + 8L * n) {
                throw new IllegalStateException("this JVM does not lay out fields in their order");
            }
        }
    }

    public long rax;
    public long rcx;
    public long rdx;
    public long rbx;
    public long rsp;
    public long rbp;
    public long rsi;
    public long rdi;
    public long r8;
    public long r9;
    public long r10;
    public long r11;
    public long r12;
    public long r13;
    public long r14;
    public long r15;

    /** Always 0: the base, index or segment that is not there. */
    public long zero;

    /** Linear address of the first instruction of the current block. */
    public long block;

    public long esBase;
    public long csBase;
    public long ssBase;
    public long dsBase;
    public long fsBase;
    public long gsBase;

    /** The name of the field with number {@code n}. */
    public static String name(int n) {
        return NAMES.get(n);
    }

    /** The register with number {@code n}, which must be one. */
    public final long get(int n) {
        assert n >= 0 && n < COUNT : n;
        return U.getLong(this, FIRST + 8L * n);
    }

    /** Sets the register with number {@code n}, which must be one. */
    public final void set(int n, long value) {
        assert n >= 0 && n < COUNT : n;
        U.putLong(this, FIRST + 8L * n, value);
    }

    /** All of them, in the order of their numbers. */
    public final long[] registers() {
        long[] values = new long[COUNT];
        for (int n = 0; n < COUNT; n++) {
            values[n] = get(n);
        }
        return values;
    }

    /**
     * Takes the first {@code values.length} from {@code values}.
     *
     * @throws IllegalArgumentException if there are more than {@link #COUNT}
     */
    public final void setRegisters(long[] values) {
        if (values.length > COUNT) {
            throw new IllegalArgumentException(values.length + " registers");
        }
        for (int n = 0; n < values.length; n++) {
            set(n, values[n]);
        }
    }
}
