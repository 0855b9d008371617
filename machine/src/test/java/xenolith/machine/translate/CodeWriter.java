package xenolith.machine.translate;

/** Writes x86 instructions of 64-bit or 32-bit code, one after another. */
final class CodeWriter {
    /** LOCK as the prefix of {@link #instruction}. */
    static final int LOCK = 0xf0;

    private static final int RSP = 4;
    private static final int RBP = 5;

    final byte[] code;

    /** Linear address of {@code code[0]}. */
    final long origin;

    /** 64-bit code. */
    final boolean wide;

    int at;

    CodeWriter(long origin, int size, boolean wide) {
        this.origin = origin;
        this.code = new byte[size];
        this.wide = wide;
    }

    /**
     * A register or memory operand.
     *
     * @param register of a register operand, or -1
     * @param base register, or -1
     * @param index register, or -1
     * @param ripRelative whether {@code displacement} is the linear address, to be made relative
     * @param prefix segment override or 67, or 0
     */
    record Rm(
            int register,
            int base,
            int index,
            int scale,
            long displacement,
            boolean ripRelative,
            int prefix) {
        static Rm register(int register) {
            return new Rm(register, -1, -1, 0, 0, false, 0);
        }

        static Rm at(int base, long displacement) {
            return new Rm(-1, base, -1, 0, displacement, false, 0);
        }

        static Rm indexed(int base, int index, int scale, long displacement) {
            return new Rm(-1, base, index, scale, displacement, false, 0);
        }

        static Rm absolute(long vaddr) {
            return new Rm(-1, -1, -1, 0, vaddr, false, 0);
        }

        static Rm relative(long vaddr) {
            return new Rm(-1, -1, -1, 0, vaddr, true, 0);
        }

        Rm prefixed(int other) {
            return new Rm(register, base, index, scale, displacement, ripRelative, other);
        }

        boolean memory() {
            return register < 0;
        }
    }

    /** Room that is left. */
    int left() {
        return code.length - at;
    }

    /** Linear address of what is written next. */
    long here() {
        return origin + at;
    }

    CodeWriter bytes(int... values) {
        for (int v : values) {
            code[at++] = (byte) v;
        }
        return this;
    }

    CodeWriter number(long value, int size) {
        for (int i = 0; i < size; i++) {
            code[at++] = (byte) (value >>> 8 * i);
        }
        return this;
    }

    /** Overwrites {@code size} bytes at offset {@code where}. */
    void patch(int where, long value, int size) {
        for (int i = 0; i < size; i++) {
            code[where + i] = (byte) (value >>> 8 * i);
        }
    }

    /** An instruction with ModRM and without immediate. */
    void instruction(int prefix, int size, int opcode, int reg, Rm rm) {
        instruction(prefix, size, opcode, reg, rm, 0, 0);
    }

    /**
     * An instruction with ModRM.
     *
     * @param prefix LOCK or a mandatory prefix, or 0
     * @param size of the operand: 2 gives prefix 66, 8 gives REX.W
     * @param opcode one to three bytes
     * @param immediateSize in bytes
     */
    void instruction(
            int prefix, int size, int opcode, int reg, Rm rm, int immediateSize, long immediate) {
        if (rm.prefix != 0) {
            bytes(rm.prefix);
        }
        if (size == 2) {
            bytes(0x66);
        }
        if (prefix != 0) {
            bytes(prefix);
        }
        if (wide) {
            rex(size, reg, rm);
        }
        if (opcode > 0xffff) {
            bytes(opcode >>> 16);
        }
        if (opcode > 0xff) {
            bytes(opcode >>> 8);
        }
        bytes(opcode);
        modrm(reg & 7, rm, immediateSize);
        number(immediate, immediateSize);
    }

    private void rex(int size, int reg, Rm rm) {
        int rex = size == 8 ? 8 : 0;
        rex |= reg >= 8 ? 4 : 0;
        rex |= rm.index >= 8 ? 2 : 0;
        rex |= rm.base >= 8 || rm.register >= 8 ? 1 : 0;
        boolean lowByte = size == 1 && (reg >= RSP || rm.register >= RSP);
        if (rex != 0 || lowByte) {
            bytes(0x40 | rex);
        }
    }

    private void modrm(int reg, Rm rm, int immediateSize) {
        int field = reg << 3;
        if (!rm.memory()) {
            bytes(0xc0 | field | rm.register & 7);
        } else if (rm.ripRelative && wide) {
            bytes(field | 5);
            number(rm.displacement - (here() + 4 + immediateSize), 4);
        } else if (rm.base < 0 && rm.index < 0 && !wide) {
            bytes(field | 5);
            number(rm.displacement, 4);
        } else if (rm.base < 0) {
            int index = rm.index < 0 ? RSP : rm.index & 7;
            bytes(field | 4, rm.scale << 6 | index << 3 | 5);
            number(rm.displacement, 4);
        } else {
            based(field, rm);
        }
    }

    private void based(int field, Rm rm) {
        int base = rm.base & 7;
        boolean small = rm.displacement == (byte) rm.displacement;
        int mod = rm.displacement == 0 && base != RBP ? 0 : small ? 1 : 2;
        if (rm.index >= 0 || base == RSP) {
            int index = rm.index < 0 ? RSP : rm.index & 7;
            bytes(mod << 6 | field | 4, rm.scale << 6 | index << 3 | base);
        } else {
            bytes(mod << 6 | field | base);
        }
        if (mod != 0) {
            number(rm.displacement, mod == 1 ? 1 : 4);
        }
    }

    /** MOV of a constant to a register, of 4 or 8 bytes. */
    void load(int register, long value) {
        boolean large = wide && (value >>> 32) != 0;
        if (large || register >= 8) {
            bytes(0x40 | (large ? 8 : 0) | (register >= 8 ? 1 : 0));
        }
        bytes(0xb8 | register & 7);
        number(value, large ? 8 : 4);
    }
}
