package xenolith.machine.decode;

/**
 * One decoded instruction: what its bytes say, with all prefixes applied, and no meaning. Written
 * by the decoder only.
 */
public final class Instruction {
    /** Opcode maps: one byte; 0F; 0F 38; 0F 3A (SDM volume 2, appendix A). */
    public static final int MAP_ONE_BYTE = 0;

    public static final int MAP_0F = 1;
    public static final int MAP_0F38 = 2;
    public static final int MAP_0F3A = 3;

    /** The maps of instructions with a VEX prefix. */
    public static final int MAP_VEX_0F = 4;

    public static final int MAP_VEX_0F38 = 5;
    public static final int MAP_VEX_0F3A = 6;

    /** {@link #base} or {@link #index} of an operand that has none: {@code Cpu.ZERO}. */
    public static final int NONE = 16;

    /**
     * {@link #base} of a RIP-relative operand: {@code Cpu.BLOCK}; the displacement then includes
     * {@link #nextOffset}.
     */
    public static final int RIP = 17;

    /** Length in bytes, 1 to 15. */
    public int length;

    /** Offset of the instruction's first byte from the start of its block, in bytes. */
    public int blockOffset;

    /** Mode it was decoded for: {@code Cpu.MODE_64}, {@code MODE_32} or {@code MODE_16}. */
    public int mode;

    /**
     * Whether it was decoded for segments that may end: {@code MODE_16}, {@code MODE_32_LIMITED}.
     */
    public boolean limited;

    public int map;

    /** The opcode byte within its map. */
    public int opcode;

    /** The bare prefixes, as present. LOCK, and the last of F2 and F3. */
    public boolean lock;

    public boolean rep;
    public boolean repne;

    /**
     * Prefix 66 present (also where it selects an opcode and not a size). With a VEX prefix this,
     * {@link #rep} and {@link #repne} stand for its pp field.
     */
    public boolean prefix66;

    /** Prefix 67 present. */
    public boolean prefix67;

    /** REX byte, or 0 if there is none. With a VEX prefix: its W, R, X and B at the same places. */
    public int rex;

    /** The register that the vvvv field of a VEX prefix names; 0 also where it names none. */
    public int vexRegister;

    /** The L field of a VEX prefix: 1 for 256-bit vectors. */
    public int vexLength;

    /** Effective operand size of non-byte forms in bytes: 2, 4 or 8 (REX.W over 66). */
    public int operandSize;

    /** Effective address size in bytes: 2, 4 or 8. */
    public int addressSize;

    /** Whether there is a ModRM byte, and its parts; reg and rm are extended by REX. */
    public boolean hasModrm;

    public int mod;
    public int reg;
    public int rm;

    /** Memory operand: registers 0 to 15, {@link #NONE} or {@link #RIP}. */
    public int base = NONE;

    public int index = NONE;

    /** Shift of the index, 0 to 3. */
    public int scale;

    /** Sign-extended displacement, or the 64-bit offset of A0 to A3. */
    public long displacement;

    /**
     * Segment of the memory operand (index as in {@code Segment}): override, or the default SS or
     * DS.
     */
    public int segment;

    /** Whether {@link #segment} comes from a prefix (in 64-bit mode only FS and GS count). */
    public boolean segmentOverride;

    /**
     * Immediate, sign-extended from its own size (zero-extended for RET's, ENTER's and far
     * pointers' parts).
     */
    public long immediate;

    /** Second immediate: ENTER's level, a far pointer's selector. */
    public int immediate2;

    /** Whether the ModRM operand is in memory. */
    public boolean memory() {
        return hasModrm && mod != 3;
    }

    /** Offset of the following instruction from the start of the block, in bytes. */
    public int nextOffset() {
        return blockOffset + length;
    }

    /** Whether it has a VEX prefix. */
    public boolean vex() {
        return map >= MAP_VEX_0F;
    }

    /** Effective REX.W. */
    public boolean rexW() {
        return (rex & 8) != 0;
    }

    /**
     * The mandatory prefix that selects among SSE forms: 0xF3 or 0xF2 if present (the last counts),
     * else 0x66, else 0.
     */
    public int selectingPrefix() {
        return rep ? 0xf3 : repne ? 0xf2 : prefix66 ? 0x66 : 0;
    }
}
