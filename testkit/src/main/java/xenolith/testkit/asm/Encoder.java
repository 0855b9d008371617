package xenolith.testkit.asm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bytes, labels, and the encoding of one instruction (SDM volume 2, chapter 2). References to
 * labels are filled in by {@link #bytes}.
 */
class Encoder {
    /** Length of a reference that is an absolute address. */
    static final int ABSOLUTE_64 = 8;

    /** As {@link #ABSOLUTE_64}, of 4 bytes. */
    static final int ABSOLUTE_32 = -4;

    /** Bytes of an operand where no width is given: 8, or 4 in 32-bit code. */
    final int word;

    private final long origin;
    private byte[] out = new byte[4096];
    private int size;
    private final Map<String, Integer> labels = new HashMap<>();
    private final List<Reference> references = new ArrayList<>();

    /** A place to fill: {@code length} 1 or 4 is relative to {@code base}. */
    private record Reference(int at, int length, int base, String label, long addend) {}

    Encoder(long origin, int bits) {
        this.word = bits / 8;
        this.origin = origin;
    }

    /** Address of the next byte. */
    public final long here() {
        return origin + size;
    }

    /** Address of {@code label}, which must be defined already. */
    public final long addressOf(String label) {
        return origin + offsetOf(label);
    }

    private int offsetOf(String label) {
        Integer at = labels.get(label);
        if (at == null) {
            throw new IllegalStateException("no label " + label);
        }
        return at;
    }

    final void define(String label) {
        if (labels.put(label, size) != null) {
            throw new IllegalStateException("label defined twice: " + label);
        }
    }

    /** All bytes from the origin on, with all references filled in. */
    public final byte[] bytes() {
        for (Reference r : references) {
            boolean absolute = r.length == ABSOLUTE_64 || r.length == ABSOLUTE_32;
            long value = offsetOf(r.label) + r.addend + (absolute ? origin : -r.base);
            if (r.length == 1 && (byte) value != value) {
                throw new IllegalStateException("too far for a short jump: " + r.label);
            }
            for (int i = 0; i < Math.abs(r.length); i++) {
                out[r.at + i] = (byte) (value >>> 8 * i);
            }
        }
        return Arrays.copyOf(out, size);
    }

    final void put(int... values) {
        for (int v : values) {
            if (size == out.length) {
                out = Arrays.copyOf(out, 2 * size);
            }
            out[size++] = (byte) v;
        }
    }

    final void word(long value, int length) {
        for (int i = 0; i < length; i++) {
            put((int) (value >>> 8 * i) & 0xff);
        }
    }

    /**
     * A reference of {@code length} bytes to {@code label}, {@code after} bytes before the next.
     */
    final void refer(String label, int length, int after, long addend) {
        int bytes = Math.abs(length);
        references.add(new Reference(size, length, size + bytes + after, label, addend));
        word(0, bytes);
    }

    /**
     * One instruction with ModRM.
     *
     * @param prefix mandatory prefix, or 0
     * @param width 1, 2, 4 or 8 bytes; 0 where the width is in the opcode
     * @param opcode up to three bytes, the first highest
     * @param reg the reg field, 0 to 15
     * @param immediate bytes of immediate that will follow
     */
    final void modrm(int prefix, int width, int opcode, int reg, Operand rm, int immediate) {
        if (prefix != 0) {
            put(prefix);
        }
        if (width == 2) {
            put(0x66);
        }
        int rex = (width == 8 ? 8 : 0) | (reg >= 8 ? 4 : 0);
        // The immediate groups and SETcc have no register in the reg field.
        boolean group = opcode == 0x80 || opcode == 0xc6 || opcode >>> 4 == 0x0f9;
        boolean byteRegister = width == 1 && reg >= 4 && !group;
        if (rm instanceof Reg r) {
            rex |= r.number() >> 3;
            byteRegister |= width == 1 && r.number() >= 4;
        } else if (rm instanceof Mem m) {
            rex |= m.index() != null && m.index().number() >= 8 ? 2 : 0;
            rex |= m.base() != null && m.base().number() >= 8 ? 1 : 0;
        }
        if (word == 8 && (rex != 0 || byteRegister)) {
            put(0x40 | rex);
        } else if (word == 4 && (rex != 0 || byteRegister)) {
            throw new IllegalArgumentException("32-bit code has no such operand: " + rm);
        }
        opcode(opcode);
        switch (rm) {
            case Reg r -> put(0xc0 | (reg & 7) << 3 | r.number() & 7);
            case Mem m -> memory(m, reg & 7, immediate);
            case Imm i -> throw new IllegalArgumentException("immediate " + i);
        }
    }

    final void opcode(int opcode) {
        if (opcode > 0xffff) {
            put(opcode >> 16);
        }
        if (opcode > 0xff) {
            put(opcode >> 8 & 0xff);
        }
        put(opcode & 0xff);
    }

    private void memory(Mem m, int reg, int immediate) {
        if (m.label() != null) {
            put(reg << 3 | 5);
            refer(m.label(), word == 8 ? 4 : ABSOLUTE_32, immediate, m.displacement());
            return;
        }
        Reg base = m.base();
        Reg index = m.index();
        if (base == null) {
            put(reg << 3 | 4);
            put(index == null ? 0x25 : scale(m) << 6 | (index.number() & 7) << 3 | 5);
            word(m.displacement(), 4);
            return;
        }
        boolean small = (byte) m.displacement() == m.displacement();
        int mod = m.displacement() == 0 && (base.number() & 7) != 5 ? 0 : small ? 1 : 2;
        if (index != null || (base.number() & 7) == 4) {
            put(mod << 6 | reg << 3 | 4);
            int x = index == null ? 4 : index.number() & 7;
            put(scale(m) << 6 | x << 3 | base.number() & 7);
        } else {
            put(mod << 6 | reg << 3 | base.number() & 7);
        }
        word(m.displacement(), mod == 0 ? 0 : mod == 1 ? 1 : 4);
    }

    private static int scale(Mem m) {
        return Integer.numberOfTrailingZeros(m.scale());
    }
}
