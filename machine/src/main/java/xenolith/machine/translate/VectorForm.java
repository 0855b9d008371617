package xenolith.machine.translate;

import org.jspecify.annotations.Nullable;
import xenolith.machine.decode.Instruction;

/**
 * What an SSE instruction does, as far as it becomes bytecode.
 *
 * @param shape which registers and how much memory it uses
 * @param name of the static method that is its meaning, or of nothing
 * @param size of a memory operand in bytes; of one number, for arithmetic
 * @param aligned whether a memory operand of 16 bytes must be aligned
 * @param half which half of a register it picks, 0 or 1
 */
record VectorForm(Shape shape, String name, int size, boolean aligned, int half) {
    enum Shape {
        /** All 16 bytes from register or memory, and to there. */
        LOAD,
        STORE,
        /** The low 4 or 8 bytes, zeros above; between registers the rest stays. */
        LOAD_LOW,
        STORE_LOW,
        MERGE_LOW,
        /** MOVQ: the low half of a register or memory, zeros above. */
        LOAD_ZERO,
        STORE_ZERO,
        LOAD_HALF,
        STORE_HALF,
        COPY_HALF,
        DUPLICATE,
        FROM_GENERAL,
        TO_GENERAL,
        /** Sign bits to a general register. */
        SIGNS,
        CLEAR,
        /** A method on both first halves, and on both second halves. */
        HALVES,
        /** A method on both halves of the first, and on both of the second operand. */
        FOLD,
        /** Two methods (punpckl.., punpckh..) on one half of each operand. */
        INTERLEAVE,
        UNPACK,
        SHIFT,
        SHIFT_IMMEDIATE,
        SHIFT_BYTES,
        SHUFFLE_DOUBLEWORDS,
        SHUFFLE_WORDS,
        SHUFFLE_SINGLES,
        SHUFFLE_DOUBLES,
        SHUFFLE_BYTES,
        ALIGN,
        TEST,
        /** Arithmetic on the low number, or on all. */
        SCALAR,
        PACKED,
        COMPARE,
        INTEGER_TO_FLOAT,
        FLOAT_TO_INTEGER,
        WIDEN,
        NARROW
    }

    private static VectorForm form(Shape shape, int size) {
        return new VectorForm(shape, "", size, false, 0);
    }

    private static VectorForm named(Shape shape, String name) {
        return new VectorForm(shape, name, 16, true, 0);
    }

    private static VectorForm half(Shape shape, int size, int half) {
        return new VectorForm(shape, "", size, size == 16, half);
    }

    /** The form of {@code i}, or null if the interpreter runs it. */
    static @Nullable VectorForm of(Instruction i) {
        if (i.lock) {
            return null;
        }
        return switch (i.map) {
            case Instruction.MAP_0F -> twoByte(i, i.selectingPrefix());
            case Instruction.MAP_0F38 -> i.selectingPrefix() == 0x66 ? map38(i.opcode) : null;
            case Instruction.MAP_0F3A ->
                    i.selectingPrefix() == 0x66 && i.opcode == 0x0f
                            ? named(Shape.ALIGN, "palignr")
                            : null;
            default -> null;
        };
    }

    private static @Nullable VectorForm twoByte(Instruction i, int prefix) {
        int op = i.opcode;
        if (op < 0x10 || op >= 0x18 && op < 0x28 || op >= 0x30 && op < 0x50) {
            return null;
        }
        VectorForm move = fullMove(i, prefix);
        if (move != null) {
            return move;
        }
        move = partialMove(i, prefix);
        if (move != null) {
            return move;
        }
        move = floating(i, prefix);
        if (move != null) {
            return move;
        }
        move = logic(i, prefix);
        if (move != null) {
            return move;
        }
        return prefix == 0x66 ? packed(i) : words(i, prefix);
    }

    // ---- moves -------------------------------------------------------------------------------

    private static @Nullable VectorForm fullMove(Instruction i, int prefix) {
        boolean ps = prefix == 0 || prefix == 0x66;
        return switch (i.opcode) {
            case 0x10 -> ps ? full(Shape.LOAD, false) : null;
            case 0x11 -> ps ? full(Shape.STORE, false) : null;
            case 0x28 -> ps ? full(Shape.LOAD, true) : null;
            case 0x29 -> ps ? full(Shape.STORE, true) : null;
            case 0x2b -> ps && i.memory() ? full(Shape.STORE, true) : null;
            case 0x6f -> integerMove(Shape.LOAD, prefix);
            case 0x7f -> integerMove(Shape.STORE, prefix);
            case 0xe7 -> prefix == 0x66 && i.memory() ? full(Shape.STORE, true) : null;
            case 0xf0 -> prefix == 0xf2 && i.memory() ? full(Shape.LOAD, false) : null;
            default -> null;
        };
    }

    private static VectorForm full(Shape shape, boolean aligned) {
        return new VectorForm(shape, "", 16, aligned, 0);
    }

    private static @Nullable VectorForm integerMove(Shape shape, int prefix) {
        return prefix == 0x66 ? full(shape, true) : prefix == 0xf3 ? full(shape, false) : null;
    }

    private static @Nullable VectorForm partialMove(Instruction i, int prefix) {
        boolean ps = prefix == 0 || prefix == 0x66;
        int half = i.opcode < 0x14 ? 0 : 1;
        int general = i.rexW() ? 8 : 4;
        return switch (i.opcode) {
            case 0x10, 0x11 -> form(scalarMove(i), prefix == 0xf3 ? 4 : 8);
            case 0x12, 0x16 -> ps ? halfMove(i, prefix, half) : duplicate(i, prefix);
            case 0x13, 0x17 -> ps && i.memory() ? half(Shape.STORE_HALF, 8, half) : null;
            case 0x6e ->
                    prefix == 0x66
                            ? form(i.memory() ? Shape.LOAD_LOW : Shape.FROM_GENERAL, general)
                            : null;
            case 0x7e ->
                    prefix == 0x66
                            ? form(i.memory() ? Shape.STORE_LOW : Shape.TO_GENERAL, general)
                            : prefix == 0xf3 ? form(Shape.LOAD_ZERO, 8) : null;
            case 0xd6 ->
                    prefix == 0x66
                            ? form(i.memory() ? Shape.STORE_LOW : Shape.STORE_ZERO, 8)
                            : null;
            default -> null;
        };
    }

    private static Shape scalarMove(Instruction i) {
        return !i.memory() ? Shape.MERGE_LOW : i.opcode == 0x10 ? Shape.LOAD_LOW : Shape.STORE_LOW;
    }

    private static @Nullable VectorForm halfMove(Instruction i, int prefix, int half) {
        if (i.memory()) {
            return half(Shape.LOAD_HALF, 8, half);
        }
        return prefix == 0 ? half(Shape.COPY_HALF, 8, half) : null;
    }

    private static @Nullable VectorForm duplicate(Instruction i, int prefix) {
        return prefix == 0xf2 && i.opcode == 0x12 ? form(Shape.DUPLICATE, 8) : null;
    }

    // ---- floating point ----------------------------------------------------------------------

    private static @Nullable VectorForm floating(Instruction i, int prefix) {
        boolean ps = prefix == 0 || prefix == 0x66;
        int size = prefix == 0 || prefix == 0xf3 ? 4 : 8;
        return switch (i.opcode) {
            case 0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f ->
                    new VectorForm(ps ? Shape.PACKED : Shape.SCALAR, "", size, ps, 0);
            case 0x2e, 0x2f -> ps ? form(Shape.COMPARE, size) : null;
            case 0x2a -> ps ? null : form(Shape.INTEGER_TO_FLOAT, size);
            case 0x2c, 0x2d -> ps ? null : form(Shape.FLOAT_TO_INTEGER, size);
            case 0x5a -> ps ? null : form(size == 4 ? Shape.WIDEN : Shape.NARROW, size);
            case 0x14, 0x15 -> ps ? unpack(i.opcode - 0x14, size) : null;
            case 0x50 -> ps && !i.memory() ? form(Shape.SIGNS, size) : null;
            case 0xc6 ->
                    ps
                            ? new VectorForm(
                                    size == 4 ? Shape.SHUFFLE_SINGLES : Shape.SHUFFLE_DOUBLES,
                                    "",
                                    16,
                                    true,
                                    0)
                            : null;
            default -> null;
        };
    }

    private static VectorForm unpack(int half, int size) {
        return size == 8
                ? half(Shape.UNPACK, 16, half)
                : new VectorForm(Shape.INTERLEAVE, "dq", 16, true, half);
    }

    // ---- integers ----------------------------------------------------------------------------

    private static @Nullable VectorForm logic(Instruction i, int prefix) {
        if (prefix != 0x66 && (prefix != 0 || i.opcode > 0x57)) {
            return null;
        }
        return switch (i.opcode) {
            case 0x54, 0xdb -> named(Shape.HALVES, "pand");
            case 0x55, 0xdf -> named(Shape.HALVES, "pandn");
            case 0x56, 0xeb -> named(Shape.HALVES, "por");
            case 0x57, 0xef ->
                    !i.memory() && i.reg == i.rm
                            ? form(Shape.CLEAR, 16)
                            : named(Shape.HALVES, "pxor");
            default -> null;
        };
    }

    private static @Nullable VectorForm words(Instruction i, int prefix) {
        return i.opcode == 0x70 && prefix != 0
                ? half(Shape.SHUFFLE_WORDS, 16, prefix == 0xf3 ? 1 : 0)
                : null;
    }

    private static @Nullable VectorForm packed(Instruction i) {
        int op = i.opcode;
        String name = VectorNames.halves(op);
        if (name != null) {
            return named(Shape.HALVES, name);
        }
        name = VectorNames.shift(op);
        if (name != null) {
            return named(Shape.SHIFT, name);
        }
        return switch (op) {
            case 0x60, 0x68 -> new VectorForm(Shape.INTERLEAVE, "bw", 16, true, op >>> 3 & 1);
            case 0x61, 0x69 -> new VectorForm(Shape.INTERLEAVE, "wd", 16, true, op >>> 3 & 1);
            case 0x62, 0x6a -> new VectorForm(Shape.INTERLEAVE, "dq", 16, true, op >>> 3 & 1);
            case 0x63 -> named(Shape.FOLD, "packsswb");
            case 0x67 -> named(Shape.FOLD, "packuswb");
            case 0x6b -> named(Shape.FOLD, "packssdw");
            case 0x6c, 0x6d -> half(Shape.UNPACK, 16, op & 1);
            case 0x70 -> named(Shape.SHUFFLE_DOUBLEWORDS, "");
            case 0x71, 0x72, 0x73 -> i.memory() ? null : shiftImmediate(op, i.reg & 7);
            case 0xd7 -> i.memory() ? null : form(Shape.SIGNS, 1);
            default -> null;
        };
    }

    private static @Nullable VectorForm shiftImmediate(int op, int digit) {
        if (op == 0x73 && (digit == 3 || digit == 7)) {
            return half(Shape.SHIFT_BYTES, 16, digit >>> 2);
        }
        int row = digit == 2 ? 0xd0 : digit == 4 ? 0xe0 : digit == 6 ? 0xf0 : -1;
        String name = row < 0 ? null : VectorNames.shift(row + (op & 3));
        return name == null ? null : named(Shape.SHIFT_IMMEDIATE, name);
    }

    private static @Nullable VectorForm map38(int op) {
        String name = VectorNames.halves38(op);
        if (name != null) {
            return named(Shape.HALVES, name);
        }
        return switch (op) {
            case 0x00 -> named(Shape.SHUFFLE_BYTES, "pshufb");
            case 0x17 -> named(Shape.TEST, "");
            case 0x2b -> named(Shape.FOLD, "packusdw");
            default -> null;
        };
    }

    // ---- what it touches ---------------------------------------------------------------------

    /** General registers it reads, without those of the address, as bits. */
    int generalRead(Instruction i) {
        return switch (shape) {
            case FROM_GENERAL -> 1 << i.rm;
            case INTEGER_TO_FLOAT -> i.memory() ? 0 : 1 << i.rm;
            default -> 0;
        };
    }

    /** General registers it writes, as bits. */
    int generalWritten(Instruction i) {
        return switch (shape) {
            case TO_GENERAL -> 1 << i.rm;
            case SIGNS, FLOAT_TO_INTEGER -> 1 << i.reg;
            default -> 0;
        };
    }

    private static int low(int n) {
        return 1 << 2 * n;
    }

    private static int both(int n) {
        return 3 << 2 * n;
    }

    private static int part(int n, int half) {
        return 1 << 2 * n + half;
    }

    /** Halves of vector registers it reads, as bits: number 2 n is the low one of register n. */
    int read(Instruction i) {
        int rm = i.memory() ? 0 : both(i.rm);
        int rmLow = i.memory() ? 0 : low(i.rm);
        return switch (shape) {
            case LOAD, SHUFFLE_DOUBLEWORDS, SHUFFLE_WORDS -> rm;
            case STORE -> both(i.reg);
            case LOAD_LOW, FROM_GENERAL, CLEAR -> 0;
            case STORE_LOW, STORE_ZERO, TO_GENERAL -> low(i.reg);
            case MERGE_LOW -> low(i.reg) | low(i.rm);
            case LOAD_ZERO, DUPLICATE, FLOAT_TO_INTEGER, WIDEN -> rmLow;
            case INTEGER_TO_FLOAT -> size == 4 ? low(i.reg) : 0;
            case LOAD_HALF -> 0;
            case STORE_HALF -> part(i.reg, half);
            case COPY_HALF -> part(i.rm, 1 - half);
            case SIGNS -> both(i.rm);
            case SCALAR, COMPARE, NARROW -> low(i.reg) | rmLow;
            case UNPACK -> part(i.reg, half) | (i.memory() ? 0 : part(i.rm, half));
            case INTERLEAVE -> part(i.reg, half) | (i.memory() ? 0 : part(i.rm, half));
            case SHIFT -> both(i.reg) | rmLow;
            case SHIFT_IMMEDIATE, SHIFT_BYTES -> both(i.rm);
            case HALVES, FOLD, SHUFFLE_SINGLES, SHUFFLE_DOUBLES, SHUFFLE_BYTES, ALIGN, TEST ->
                    both(i.reg) | rm;
            case PACKED -> both(i.reg) | rm;
        };
    }

    /** Halves of vector registers it writes. */
    int written(Instruction i) {
        return switch (shape) {
            case STORE -> i.memory() ? 0 : both(i.rm);
            case STORE_LOW, STORE_HALF, TO_GENERAL, SIGNS, TEST, COMPARE, FLOAT_TO_INTEGER -> 0;
            case MERGE_LOW -> i.opcode == 0x10 ? low(i.reg) : low(i.rm);
            case STORE_ZERO, SHIFT_IMMEDIATE, SHIFT_BYTES -> both(i.rm);
            case LOAD_HALF, COPY_HALF -> part(i.reg, half);
            case SCALAR, INTEGER_TO_FLOAT, WIDEN, NARROW -> low(i.reg);
            default -> both(i.reg);
        };
    }

    /** Halves it works on as doubles. */
    int doubles(Instruction i) {
        if (size != 8) {
            return shape == Shape.WIDEN ? low(i.reg) : 0;
        }
        return switch (shape) {
            case SCALAR, PACKED, COMPARE -> read(i);
            case INTEGER_TO_FLOAT -> low(i.reg);
            case FLOAT_TO_INTEGER -> i.memory() ? 0 : low(i.rm);
            case NARROW -> i.memory() ? 0 : low(i.rm);
            default -> 0;
        };
    }

    /** Halves it works on as integers. */
    int integers(Instruction i) {
        return switch (shape) {
            case LOAD,
                    STORE,
                    LOAD_LOW,
                    STORE_LOW,
                    MERGE_LOW,
                    LOAD_ZERO,
                    STORE_ZERO,
                    LOAD_HALF,
                    STORE_HALF,
                    COPY_HALF,
                    DUPLICATE,
                    CLEAR,
                    UNPACK,
                    SHUFFLE_DOUBLES ->
                    0;
            default -> (read(i) | written(i)) & ~doubles(i);
        };
    }

    /** Whether it works on floating-point numbers, which may raise exceptions. */
    boolean floating() {
        return switch (shape) {
            case SCALAR, PACKED, COMPARE, INTEGER_TO_FLOAT, FLOAT_TO_INTEGER, WIDEN, NARROW -> true;
            default -> false;
        };
    }
}
