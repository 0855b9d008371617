package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.alu.Shift;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** ROL to SAR, SHLD and SHRD; BT, BTS, BTR and BTC of registers, or with a constant. */
final class ShiftFamily {
    private static final int ROL = 0;
    private static final int ROR = 1;
    private static final int RCL = 2;
    private static final int RCR = 3;
    private static final int SHR = 5;
    private static final int SAR = 7;

    private static final MethodTypeDesc ROTATE =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_int);
    private static final MethodTypeDesc ROTATE_AUX =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_long);
    private static final MethodTypeDesc THROUGH_CARRY =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_int, CD_long);
    private static final MethodTypeDesc THROUGH_CARRY_AUX =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_long, CD_int, CD_long);
    private static final MethodTypeDesc ROTATE_BY =
            MethodTypeDesc.of(CD_long, CD_int, CD_long, CD_int, CD_int, CD_long);
    private static final MethodTypeDesc DOUBLED =
            MethodTypeDesc.of(CD_long, CD_int, CD_long, CD_long, CD_int, CD_int);
    private static final MethodTypeDesc SHIFTED =
            MethodTypeDesc.of(CD_long, CD_int, CD_long, CD_int, CD_long, CD_int, CD_long);

    private final Emitter e;
    private final CodeBuilder c;
    private final FlagState f;
    private final Instruction i;
    private final boolean live;

    private ShiftFamily(Emitter e, Instruction i, boolean live) {
        this.e = e;
        this.c = e.c;
        this.f = e.flags;
        this.i = i;
        this.live = live;
    }

    static boolean knows(Instruction i) {
        if (i.lock) {
            return false;
        }
        if (i.map == Instruction.MAP_0F) {
            return switch (i.opcode) {
                case 0xa3, 0xab, 0xb3, 0xbb -> !i.memory();
                case 0xba -> (i.reg & 4) != 0;
                case 0xa4, 0xac -> doubleCount(i) != 0;
                case 0xa5, 0xad -> true;
                default -> false;
            };
        }
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return false;
        }
        return switch (i.opcode) {
            case 0xc0, 0xc1, 0xd0, 0xd1 -> count(i) != 0;
            case 0xd2, 0xd3 -> true;
            default -> false;
        };
    }

    private static int size(Instruction i) {
        return (i.opcode & 1) == 0 ? 1 : i.operandSize;
    }

    private static int count(Instruction i) {
        return (i.opcode < 0xd0 ? (int) i.immediate : 1) & (size(i) == 8 ? 63 : 31);
    }

    private static int doubleCount(Instruction i) {
        return (int) i.immediate & (i.operandSize == 8 ? 63 : 31);
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        ShiftFamily s = new ShiftFamily(e, i, live);
        if (i.map == Instruction.MAP_0F) {
            if (i.opcode >>> 1 == 0xa4 >>> 1 || i.opcode >>> 1 == 0xac >>> 1) {
                s.byTwo(i.operandSize);
            } else {
                s.bit();
            }
        } else if (i.opcode < 0xd2) {
            s.byConstant(i.reg & 7, size(i), count(i));
        } else {
            s.byRegister(i.reg & 7, size(i));
        }
    }

    /** Pushes the operand, which is going to be written. */
    private void loadOperand(int size) {
        if (i.memory()) {
            e.address(i);
            e.prepareStore(size);
            c.lload(e.host);
            e.get(size);
        } else {
            e.loadPart(i, i.rm, size);
        }
    }

    /** Stores t2 to the operand. */
    private void storeOperand(int size) {
        if (i.memory()) {
            c.lload(e.host).lload(e.t2);
            e.put(size);
        } else {
            c.lload(e.t2);
            e.storePart(i, i.rm, size);
        }
    }

    private void byConstant(int kind, int size, int count) {
        loadOperand(size);
        c.lstore(e.t1);
        result(kind, size, count);
        c.lstore(e.t2);
        flagsByConstant(kind, size, count);
        storeOperand(size);
    }

    /** Pushes the result for the operand in t1. */
    private void result(int kind, int size, int count) {
        c.lload(e.t1);
        switch (kind) {
            case ROL, ROR -> rotate(kind, size, count);
            case RCL, RCR -> {
                c.loadConstant(count).loadConstant(64 - 8 * size);
                f.word();
                c.invokestatic(Names.desc(Shift.class), kind == RCL ? "rcl" : "rcr", THROUGH_CARRY);
            }
            case SHR -> {
                e.zeroExtend(size);
                c.loadConstant(count).lushr();
            }
            case SAR -> {
                e.signExtend(size);
                c.loadConstant(count).lshr();
            }
            default -> c.loadConstant(count).lshl();
        }
    }

    private void rotate(int kind, int size, int count) {
        int left = kind == ROL ? count : 8 * size - count & 8 * size - 1;
        if (size == 8) {
            c.loadConstant(left);
            c.invokestatic(Names.LONG, "rotateLeft", MethodTypeDesc.of(CD_long, CD_long, CD_int));
        } else if (size == 4) {
            c.l2i().loadConstant(left);
            c.invokestatic(Names.INTEGER, "rotateLeft", MethodTypeDesc.of(CD_int, CD_int, CD_int));
            c.i2l();
        } else {
            c.loadConstant(count).loadConstant(64 - 8 * size);
            c.invokestatic(Names.desc(Shift.class), kind == ROL ? "rol" : "ror", ROTATE);
        }
    }

    /** The operand is in t1, the result in t2. */
    private void flagsByConstant(int kind, int size, int count) {
        if (!live) {
            return;
        }
        if (kind == ROL || kind == ROR) {
            c.lload(e.t2).loadConstant(64 - 8 * size);
            f.word();
            String name = kind == ROL ? "auxRol" : "auxRor";
            c.invokestatic(Names.desc(Shift.class), name, ROTATE_AUX);
            f.setWord();
            return;
        }
        if (kind == RCL || kind == RCR) {
            c.lload(e.t1).loadConstant(count).lload(e.t2).loadConstant(64 - 8 * size);
            f.word();
            String name = kind == RCL ? "auxRcl" : "auxRcr";
            c.invokestatic(Names.desc(Shift.class), name, THROUGH_CARRY_AUX);
            f.setWord();
            return;
        }
        c.lload(e.t1).lstore(f.a);
        c.loadConstant((long) count).lstore(f.b);
        c.lload(e.t2);
        f.set(kind == SHR ? LazyFlags.SHR : kind == SAR ? LazyFlags.SAR : LazyFlags.SHL, size);
    }

    /** By CL: a count of 0 leaves the flags alone. */
    private void byRegister(int kind, int size) {
        loadOperand(size);
        if (kind == SAR) {
            e.signExtend(size);
        } else if (kind <= SHR && kind != 4) {
            e.zeroExtend(size);
        }
        c.lstore(e.t1);
        countFromCl(size);
        if (kind <= RCR) {
            c.loadConstant(kind).lload(e.t1).lload(e.t3).l2i().loadConstant(64 - 8 * size);
            if (kind <= ROR) {
                c.lconst_0();
            } else {
                f.word();
            }
            c.invokestatic(Names.LAZY, "rotate", ROTATE_BY);
        } else {
            c.lload(e.t1).lload(e.t3).l2i();
            switch (kind) {
                case SHR -> c.lushr();
                case SAR -> c.lshr();
                default -> c.lshl();
            }
        }
        c.lstore(e.t2);
        if (live && kind <= RCR) {
            c.loadConstant(kind).lload(e.t1).lload(e.t3).l2i().lload(e.t2);
            c.loadConstant(64 - 8 * size);
            f.word();
            c.invokestatic(Names.LAZY, "rotatedBy", SHIFTED);
            f.setWord();
        } else if (live) {
            flagsByRegister(kind, size);
        }
        storeOperand(size);
    }

    /** The count goes to t3. */
    private void countFromCl(int size) {
        e.load(Cpu.RCX);
        c.loadConstant(size == 8 ? 63L : 31L).land().lstore(e.t3);
    }

    /** SHLD and SHRD. */
    private void byTwo(int size) {
        int left = i.opcode < 0xa8 ? 1 : 0;
        loadOperand(size);
        e.zeroExtend(size);
        c.lstore(e.t1);
        if ((i.opcode & 1) == 0) {
            c.loadConstant((long) doubleCount(i)).lstore(e.t3);
        } else {
            countFromCl(size);
        }
        c.loadConstant(left).lload(e.t1);
        e.load(i.reg);
        c.lload(e.t3).l2i().loadConstant(64 - 8 * size);
        c.invokestatic(Names.LAZY, "doubled", DOUBLED).lstore(e.t2);
        if (live) {
            c.loadConstant(left).lload(e.t1).lload(e.t3).l2i().lload(e.t2);
            c.loadConstant(64 - 8 * size);
            f.word();
            c.invokestatic(Names.LAZY, "auxDoubled", SHIFTED);
            resultUnlessZero(size);
        }
        storeOperand(size);
    }

    private void flagsByRegister(int kind, int size) {
        c.loadConstant(kind).lload(e.t1).lload(e.t3).l2i().lload(e.t2);
        c.loadConstant(64 - 8 * size);
        f.word();
        c.invokestatic(Names.LAZY, "shiftedBy", SHIFTED);
        resultUnlessZero(size);
    }

    /** The flag word is on the stack; the result stays as it was for a count of 0. */
    private void resultUnlessZero(int size) {
        f.pushResult();
        c.lload(e.t2);
        e.signExtend(size);
        c.lload(e.t3);
        c.invokestatic(
                Names.LAZY, "resultAfter", MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long));
        f.setBoth();
    }

    // ---- bits --------------------------------------------------------------------------------

    /** BT and its kin; a bit number in a register with an operand in memory is not known here. */
    private void bit() {
        int size = i.operandSize;
        int kind = i.opcode == 0xba ? i.reg & 3 : i.opcode >>> 3 & 3;
        bool(kind, size);
    }

    private void bool(int kind, int size) {
        if (!i.memory()) {
            e.loadPart(i, i.rm, size);
        } else if (kind == 0) {
            e.loadRm(i, size);
        } else {
            e.address(i);
            e.prepareStore(size);
            c.lload(e.host);
            e.get(size);
        }
        c.lstore(e.t1);
        if (i.opcode == 0xba) {
            c.loadConstant(i.immediate & 8L * size - 1);
        } else {
            e.load(i.reg);
            c.loadConstant(8L * size - 1).land();
        }
        c.lstore(e.t2);
        if (live) {
            c.lload(e.t1).lload(e.t2).l2i().lushr();
            f.word();
            c.invokestatic(Names.LAZY, "withCarryBit", Names.LONG_LONG);
            f.setWord();
        }
        if (kind != 0) {
            change(kind, size);
        }
    }

    /** BTS, BTR and BTC: the operand is in t1, the number in t2. */
    private void change(int kind, int size) {
        c.lload(e.t1).lconst_1().lload(e.t2).l2i().lshl();
        switch (kind) {
            case 1 -> c.lor();
            case 2 -> c.loadConstant(-1L).lxor().land();
            default -> c.lxor();
        }
        if (i.memory()) {
            c.lstore(e.t1).lload(e.host).lload(e.t1);
            e.put(size);
        } else {
            e.storePart(i, i.rm, size);
        }
    }
}
