package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** ADD to CMP, TEST, INC, DEC, NOT, NEG, MUL, IMUL, DIV and IDIV. */
final class ArithmeticFamily {
    private static final int ADD = 0;
    private static final int OR = 1;
    private static final int ADC = 2;
    private static final int SBB = 3;
    private static final int AND = 4;
    private static final int SUB = 5;
    private static final int XOR = 6;
    private static final int CMP = 7;
    private static final int TEST = 8;

    private final Emitter e;
    private final CodeBuilder c;
    private final FlagState f;
    private final Instruction i;

    /** Whether anybody sees the flags that this instruction writes. */
    private final boolean live;

    private ArithmeticFamily(Emitter e, Instruction i, boolean live) {
        this.e = e;
        this.c = e.c;
        this.f = e.flags;
        this.i = i;
        this.live = live;
    }

    /** Whether this family knows {@code i}. */
    static boolean knows(Instruction i) {
        if (i.lock) {
            return false;
        }
        if (i.map == Instruction.MAP_0F) {
            return i.opcode == 0xaf;
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return false;
        }
        return i.opcode < 0x40
                ? (i.opcode & 7) < 6
                : switch (i.opcode) {
                    case 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84, 0x85, 0xa8, 0xa9 -> true;
                    case 0xf6 -> (i.reg & 7) < 4;
                    case 0xf7 -> (i.reg & 7) < 4 || i.operandSize >= 4;
                    case 0xfe, 0xff -> (i.reg & 7) < 2;
                    default -> false;
                };
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        new ArithmeticFamily(e, i, live).emit();
    }

    private int size() {
        return (i.opcode & 1) == 0 ? 1 : i.operandSize;
    }

    private void emit() {
        if (i.map == Instruction.MAP_0F || i.opcode == 0x69 || i.opcode == 0x6b) {
            multiplySigned();
        } else if (i.opcode < 0x40) {
            row(i.opcode >>> 3, size());
        } else {
            switch (i.opcode) {
                case 0x80, 0x81, 0x83 -> toRm(i.reg & 7, size(), this::immediate);
                case 0x84, 0x85 -> toRm(TEST, size(), () -> e.loadPart(i, i.reg, size()));
                case 0xa8, 0xa9 -> toRegister(TEST, Cpu.RAX, size(), this::immediate);
                case 0xf6, 0xf7 -> groupThree(i.reg & 7, size());
                default -> step((i.reg & 7) == 0, size());
            }
        }
    }

    private void immediate() {
        c.loadConstant(i.immediate);
    }

    private void row(int kind, int size) {
        switch (i.opcode & 7) {
            case 0, 1 -> toRm(kind, size, () -> e.loadPart(i, i.reg, size));
            case 2, 3 -> {
                if (i.memory()) {
                    e.loadRm(i, size);
                    c.lstore(e.t1);
                    toRegister(kind, i.reg, size, () -> c.lload(e.t1));
                } else {
                    toRegister(kind, i.reg, size, () -> e.loadPart(i, i.rm, size));
                }
            }
            default -> toRegister(kind, Cpu.RAX, size, this::immediate);
        }
    }

    private void toRm(int kind, int size, Runnable second) {
        if (!i.memory()) {
            toRegister(kind, i.rm, size, second);
        } else if (kind >= CMP) {
            e.loadRm(i, size);
            c.lstore(e.t1);
            apply(kind, () -> c.lload(e.t1), second);
            finish(kind, size);
        } else {
            e.address(i);
            e.prepareStore(size);
            apply(kind, this::loadHost, second);
            c.lstore(e.t1);
            putHost(size);
            c.lload(e.t1);
            finish(kind, size);
        }
    }

    private void loadHost() {
        c.lload(e.host);
        e.get(size());
    }

    /** Stores local t1 to the operand in memory. */
    private void putHost(int size) {
        c.lload(e.host).lload(e.t1);
        e.put(size);
    }

    private void toRegister(int kind, int to, int size, Runnable second) {
        apply(kind, () -> e.loadPart(i, to, size), second);
        if (kind < CMP) {
            if (live) {
                c.dup2();
            }
            e.storePart(i, to, size);
            if (!live) {
                return;
            }
        }
        finish(kind, size);
    }

    /** Pops the result. */
    private void finish(int kind, int size) {
        if (live) {
            f.set(flagKind(kind), size);
        } else {
            c.pop2();
        }
    }

    private static int flagKind(int kind) {
        return switch (kind) {
            case ADD -> LazyFlags.ADD;
            case ADC -> LazyFlags.ADC;
            case SBB -> LazyFlags.SBB;
            case SUB, CMP -> LazyFlags.SUB;
            default -> LazyFlags.LOGIC;
        };
    }

    /** Pushes the result, with the operands in the flags' locals if somebody wants them. */
    private void apply(int kind, Runnable first, Runnable second) {
        if (kind == ADC || kind == SBB) {
            f.carry();
            c.lstore(e.t2);
        }
        boolean keep = live && flagKind(kind) != LazyFlags.LOGIC;
        first.run();
        if (keep) {
            c.dup2().lstore(f.a);
        }
        second.run();
        if (keep) {
            c.dup2().lstore(f.b);
        }
        switch (kind) {
            case ADD -> c.ladd();
            case ADC -> c.ladd().lload(e.t2).ladd();
            case SBB -> c.lsub().lload(e.t2).lsub();
            case OR -> c.lor();
            case AND, TEST -> c.land();
            case XOR -> c.lxor();
            default -> c.lsub();
        }
    }

    // ---- one operand -------------------------------------------------------------------------

    private void groupThree(int kind, int size) {
        switch (kind) {
            case 0, 1 -> toRm(TEST, size, this::immediate);
            case 2 -> modify(size, false, () -> c.loadConstant(-1L).lxor());
            case 3 -> modify(size, true, this::negate);
            case 4, 5 -> multiplyWide(size, kind == 5);
            default -> divide(size, kind == 7);
        }
    }

    private void negate() {
        if (live) {
            c.dup2().lstore(f.b);
            c.lconst_0().lstore(f.a);
        }
        c.lneg();
    }

    private void step(boolean increment, int size) {
        Runnable change =
                () -> {
                    if (live) {
                        f.word();
                        c.lstore(f.b);
                        c.dup2().lstore(f.a);
                    }
                    c.loadConstant(increment ? 1L : -1L).ladd();
                };
        modifyWith(size, live, change, increment ? LazyFlags.INC : LazyFlags.DEC);
    }

    private void modify(int size, boolean setsFlags, Runnable change) {
        modifyWith(size, setsFlags && live, change, LazyFlags.SUB);
    }

    /** Changes the ModRM operand: {@code change} pops the old value and pushes the new one. */
    private void modifyWith(int size, boolean setFlags, Runnable change, int flagKind) {
        if (i.memory()) {
            e.address(i);
            e.prepareStore(size);
            c.lload(e.host);
            e.get(size);
            change.run();
            c.lstore(e.t1);
            putHost(size);
        } else {
            e.loadPart(i, i.rm, size);
            change.run();
            c.dup2().lstore(e.t1);
            e.storePart(i, i.rm, size);
        }
        if (setFlags) {
            c.lload(e.t1);
            f.set(flagKind, size);
        }
    }

    // ---- multiplication and division ---------------------------------------------------------

    private static final MethodTypeDesc MULTIPLIED =
            MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long, CD_int, CD_long);

    private void multiplySigned() {
        int size = i.operandSize;
        e.loadRm(i, size);
        e.signExtend(size);
        c.lstore(e.t2);
        if (i.map == Instruction.MAP_0F) {
            e.loadPart(i, i.reg, size);
            e.signExtend(size);
        } else {
            immediate();
        }
        c.dup2().lstore(e.t1).lload(e.t2).lmul().lstore(e.t3);
        if (live) {
            c.lload(e.t1).lload(e.t2).lload(e.t3).loadConstant(64 - 8 * size);
            f.word();
            c.invokestatic(Names.LAZY, "multiplied", MULTIPLIED);
            f.setWord();
        }
        c.lload(e.t3);
        e.storePart(i, i.reg, size);
    }

    /** MUL and IMUL of RAX, for 4 and 8 bytes; others go to the interpreter. */
    private void multiplyWide(int size, boolean signed) {
        if (size < 4) {
            throw new IllegalStateException("size " + size);
        }
        e.loadRm(i, size);
        extend(size, signed);
        c.lstore(e.t1);
        e.load(Cpu.RAX);
        extend(size, signed);
        c.lstore(e.t2);
        c.lload(e.t2).lload(e.t1).lmul().lstore(e.t3);
        if (size == 8) {
            c.lload(e.t2).lload(e.t1);
            String high = signed ? "multiplyHigh" : "unsignedMultiplyHigh";
            c.invokestatic(Names.MATH, high, Names.LONG_LONG);
        } else {
            c.lload(e.t3).loadConstant(32).lshr();
        }
        c.lstore(e.t2);
        if (live) {
            overflowOfWide(size, signed);
        }
        c.lload(e.t3);
        e.storePart(i, Cpu.RAX, size);
        c.lload(e.t2);
        e.storePart(i, Cpu.RDX, size);
    }

    private void extend(int size, boolean signed) {
        if (signed) {
            e.signExtend(size);
        } else {
            e.zeroExtend(size);
        }
    }

    /** The upper half is in t2, the lower one (or all of 64 bits) in t3. */
    private void overflowOfWide(int size, boolean signed) {
        if (signed) {
            // All of the upper half must repeat the sign of the lower one.
            c.lload(e.t3);
            e.signExtend(size);
            c.loadConstant(63).lshr().lload(e.t2).lxor();
        } else {
            c.lload(e.t2);
        }
        e.zeroExtend(size);
        f.word();
        c.invokestatic(Names.LAZY, "multipliedWide", Names.LONG_LONG);
        f.setWord();
    }

    private static final MethodTypeDesc DIVIDED = MethodTypeDesc.of(CD_long, CD_long);

    /**
     * DIV and IDIV of 4 and 8 bytes. The interpreter has those that raise #DE, and those whose
     * dividend does not fit into 64 bits.
     */
    private void divide(int size, boolean signed) {
        e.loadRm(i, size);
        extend(size, signed);
        c.lstore(e.t1);
        if (size == 8) {
            e.load(Cpu.RAX);
            c.lstore(e.t2);
            e.load(Cpu.RDX);
            c.lload(e.t1).lload(e.t2);
        } else {
            e.load(Cpu.RDX);
            c.loadConstant(32).lshl();
            e.load(Cpu.RAX);
            e.mask32();
            c.lor().lstore(e.t2);
            c.lload(e.t2).lload(e.t1);
        }
        String test = (signed ? "hardSigned" : "hardUnsigned") + 8 * size;
        c.invokestatic(Names.desc(Division.class), test, size == 8 ? HARD_WIDE : HARD);
        e.leaveIfNotZero();
        c.lload(e.t2).lload(e.t1);
        if (signed) {
            c.ldiv();
        } else {
            c.invokestatic(Names.LONG, "divideUnsigned", Names.LONG_LONG);
        }
        c.lstore(e.t3);
        if (live) {
            f.word();
            c.invokestatic(Names.LAZY, "divided", DIVIDED);
            c.lconst_1();
            f.setBoth();
        }
        c.lload(e.t3);
        e.storePart(i, Cpu.RAX, size);
        c.lload(e.t2).lload(e.t3).lload(e.t1).lmul().lsub();
        e.storePart(i, Cpu.RDX, size);
    }

    private static final MethodTypeDesc HARD = MethodTypeDesc.of(CD_int, CD_long, CD_long);
    private static final MethodTypeDesc HARD_WIDE =
            MethodTypeDesc.of(CD_int, CD_long, CD_long, CD_long);
}
