package xenolith.machine.decode;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

/** Decodes one instruction at a time (SDM volume 2, chapter 2 and appendix A). */
public final class Decoder {
    /** Longest instruction, in bytes. */
    private static final int MAX_LENGTH = 15;

    private final CodeBytes code;
    private final Instruction i = new Instruction();
    private int at;

    private Decoder(CodeBytes code, int mode, int blockOffset) {
        this.code = code;
        i.mode = mode == Cpu.MODE_32_LIMITED ? Cpu.MODE_32 : mode;
        i.limited = mode >= Cpu.MODE_16;
        i.blockOffset = blockOffset;
        i.segment = Segment.DS;
    }

    /**
     * Decodes the instruction at {@code code} for {@code mode} ({@code Cpu.MODE_*}).
     *
     * @param blockOffset offset of its first byte from the start of the block
     */
    public static Instruction decode(CodeBytes code, int mode, int blockOffset)
            throws DecodeException {
        return new Decoder(code, mode, blockOffset).instruction();
    }

    private Instruction instruction() throws DecodeException {
        int opcode = prefixes();
        opcode = maps(opcode);
        i.opcode = opcode;
        char form = OpcodeForms.form(i.map, opcode);
        checkExists(form);
        sizes();
        operands(form);
        if (i.lock && !OpcodeForms.lockable(i)) {
            throw DecodeException.UNDEFINED;
        }
        i.length = at;
        if (i.base == Instruction.RIP) {
            i.displacement += i.nextOffset();
        }
        return i;
    }

    private int u8() throws DecodeException {
        if (at == MAX_LENGTH) {
            throw DecodeException.TOO_LONG;
        }
        return code.at(at++) & 0xff;
    }

    // ---- prefixes and maps -------------------------------------------------------------------

    /** Reads all prefixes; returns the byte behind them. */
    private int prefixes() throws DecodeException {
        while (true) {
            int b = u8();
            if (i.mode == Cpu.MODE_64 && b >>> 4 == 4) {
                i.rex = b;
            } else if (OpcodeForms.form(Instruction.MAP_ONE_BYTE, b) == OpcodeForms.PREFIX) {
                // A REX that is not the last prefix has no effect.
                i.rex = 0;
                prefix(b);
            } else {
                return b;
            }
        }
    }

    private void prefix(int b) {
        switch (b) {
            case 0x26 -> segment(Segment.ES);
            case 0x2e -> segment(Segment.CS);
            case 0x36 -> segment(Segment.SS);
            case 0x3e -> segment(Segment.DS);
            case 0x64 -> segment(Segment.FS);
            case 0x65 -> segment(Segment.GS);
            case 0x66 -> i.prefix66 = true;
            case 0x67 -> i.prefix67 = true;
            case 0xf0 -> i.lock = true;
            default -> {
                i.rep = b == 0xf3;
                i.repne = b == 0xf2;
            }
        }
    }

    private void segment(int segment) {
        if (i.mode != Cpu.MODE_64 || segment >= Segment.FS) {
            i.segment = segment;
            i.segmentOverride = true;
        }
    }

    /** Follows the escape bytes to the opcode. */
    private int maps(int first) throws DecodeException {
        if (first != 0x0f) {
            return first == VexPrefix.TWO_BYTES || first == VexPrefix.THREE_BYTES
                    ? vex(first)
                    : first;
        }
        i.map = Instruction.MAP_0F;
        int second = u8();
        if (second != 0x38 && second != 0x3a) {
            return second;
        }
        i.map = second == 0x38 ? Instruction.MAP_0F38 : Instruction.MAP_0F3A;
        return u8();
    }

    /** The opcode behind a VEX prefix, or {@code first} if that begins none. */
    private int vex(int first) throws DecodeException {
        int payload = u8();
        if (!VexPrefix.begins(i.mode, payload)) {
            at--;
            return first;
        }
        if (VexPrefix.forbidden(i)) {
            throw DecodeException.UNDEFINED;
        }
        if (first == VexPrefix.TWO_BYTES) {
            VexPrefix.two(i, payload);
        } else {
            VexPrefix.three(i, payload, u8());
        }
        return u8();
    }

    private void checkExists(char form) throws DecodeException {
        boolean missing =
                i.mode == Cpu.MODE_64
                        && i.map == Instruction.MAP_ONE_BYTE
                        && OpcodeForms.missingIn64(i.opcode);
        if (missing || form == OpcodeForms.UNDEFINED) {
            throw DecodeException.UNDEFINED;
        }
    }

    // ---- sizes -------------------------------------------------------------------------------

    private void sizes() {
        boolean small = i.mode == Cpu.MODE_16;
        i.operandSize = small != i.prefix66 ? 2 : 4;
        i.addressSize = small != i.prefix67 ? 2 : 4;
        if (i.mode == Cpu.MODE_64) {
            i.addressSize = i.prefix67 ? 4 : 8;
            longOperandSize();
        }
        if (OpcodeForms.form(i.map, i.opcode) == OpcodeForms.REGISTERS) {
            i.operandSize = i.mode == Cpu.MODE_64 ? 8 : 4;
        }
        if (i.vex()) {
            i.operandSize = i.rexW() ? 8 : 4;
        }
    }

    /** The operand size in 64-bit mode; called again when ModRM has been read. */
    private void longOperandSize() {
        if (i.rexW()) {
            i.operandSize = 8;
        } else if (i.prefix66) {
            i.operandSize = 2;
        } else {
            i.operandSize = OpcodeForms.longByDefault(i.map, i.opcode, i.reg) ? 8 : 4;
        }
    }

    // ---- what follows the opcode -------------------------------------------------------------

    private void operands(char form) throws DecodeException {
        switch (form) {
            case OpcodeForms.PLAIN -> {}
            case OpcodeForms.MODRM -> modrm();
            case OpcodeForms.MODRM_BYTE -> {
                modrm();
                i.immediate = signed(1);
            }
            case OpcodeForms.MODRM_SIZED -> {
                modrm();
                i.immediate = signed(Math.min(i.operandSize, 4));
            }
            case OpcodeForms.BYTE -> i.immediate = signed(1);
            case OpcodeForms.WORD -> i.immediate = signed(2) & 0xffff;
            case OpcodeForms.SIZED -> i.immediate = signed(Math.min(i.operandSize, 4));
            case OpcodeForms.FULL -> i.immediate = signed(i.operandSize);
            case OpcodeForms.OFFSET -> i.displacement = offset();
            default -> rareOperands(form);
        }
    }

    private void rareOperands(char form) throws DecodeException {
        switch (form) {
            case OpcodeForms.FAR -> {
                i.immediate = signed(i.operandSize) & 0xffff_ffffL;
                i.immediate &= i.operandSize == 2 ? 0xffff : -1L;
                i.immediate2 = (int) signed(2) & 0xffff;
            }
            case OpcodeForms.ENTER -> {
                i.immediate = signed(2) & 0xffff;
                i.immediate2 = u8();
            }
            case OpcodeForms.GROUP3_BYTE -> group3(1);
            case OpcodeForms.GROUP3_SIZED -> group3(Math.min(i.operandSize, 4));
            case OpcodeForms.REGISTERS -> {
                modrmByte();
                i.mod = 3;
            }
            case OpcodeForms.MEMORY_NOT_64 -> {
                modrm();
                require(i.mod != 3);
            }
            case OpcodeForms.GROUP1A -> {
                modrm();
                require((i.reg & 7) == 0);
            }
            default -> throw DecodeException.UNDEFINED;
        }
    }

    private static void require(boolean exists) throws DecodeException {
        if (!exists) {
            throw DecodeException.UNDEFINED;
        }
    }

    private void group3(int size) throws DecodeException {
        modrm();
        if ((i.reg & 6) == 0) {
            i.immediate = signed(size);
        }
    }

    /** Reads {@code size} (1, 2, 4, 8) bytes, lowest first, sign-extended. */
    private long signed(int size) throws DecodeException {
        long value = 0;
        for (int n = 0; n < size; n++) {
            value |= (long) u8() << 8 * n;
        }
        int shift = 64 - 8 * size;
        return value << shift >> shift;
    }

    private long offset() throws DecodeException {
        long value = signed(i.addressSize);
        return i.addressSize == 8 ? value : value & (1L << 8 * i.addressSize) - 1;
    }

    // ---- ModRM, SIB, displacement ------------------------------------------------------------

    private void modrmByte() throws DecodeException {
        int b = u8();
        i.hasModrm = true;
        i.mod = b >>> 6;
        i.reg = b >>> 3 & 7 | (i.rex & 4) << 1;
        i.rm = b & 7 | (i.rex & 1) << 3;
        if (i.mode == Cpu.MODE_64 && i.opcode == 0xff && !i.vex()) {
            longOperandSize();
        }
    }

    private void modrm() throws DecodeException {
        modrmByte();
        if (i.mod == 3) {
            return;
        }
        if (i.addressSize == 2) {
            address16();
        } else {
            address();
        }
    }

    /** The 32-bit and 64-bit addressing forms (SDM volume 2, tables 2-2 and 2-3). */
    private void address() throws DecodeException {
        int low = i.rm & 7;
        if (low == 4) {
            sib();
        } else if (low == 5 && i.mod == 0) {
            i.base = i.mode == Cpu.MODE_64 ? Instruction.RIP : Instruction.NONE;
            i.displacement = signed(4);
        } else {
            i.base = i.rm;
        }
        if (i.mod != 0) {
            i.displacement = signed(i.mod == 1 ? 1 : 4);
        }
        if (i.base == Cpu.RSP || i.base == Cpu.RBP) {
            defaultToStack();
        }
    }

    private void sib() throws DecodeException {
        int b = u8();
        i.scale = b >>> 6;
        int index = b >>> 3 & 7 | (i.rex & 2) << 2;
        i.index = index == 4 ? Instruction.NONE : index;
        if ((b & 7) == 5 && i.mod == 0) {
            i.displacement = signed(4);
        } else {
            i.base = b & 7 | (i.rex & 1) << 3;
        }
    }

    /** The 16-bit addressing forms (SDM volume 2, table 2-1). */
    private void address16() throws DecodeException {
        if (i.rm == 6 && i.mod == 0) {
            i.displacement = signed(2);
            return;
        }
        switch (i.rm) {
            case 0, 1, 7 -> i.base = Cpu.RBX;
            case 2, 3, 6 -> {
                i.base = Cpu.RBP;
                defaultToStack();
            }
            default -> i.base = i.rm == 4 ? Cpu.RSI : Cpu.RDI;
        }
        if (i.rm < 4) {
            i.index = (i.rm & 1) == 0 ? Cpu.RSI : Cpu.RDI;
        }
        if (i.mod != 0) {
            i.displacement = signed(i.mod);
        }
    }

    private void defaultToStack() {
        if (!i.segmentOverride) {
            i.segment = Segment.SS;
        }
    }
}
