package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.alu.BitFields;
import xenolith.machine.alu.Bits;
import xenolith.machine.decode.Instruction;

/**
 * BSF, BSR, TZCNT, LZCNT, POPCNT; MOVBE and CRC32; BTS, BTR and BTC with LOCK, and these and BT
 * where a register has the number of a bit in memory.
 */
final class BitFamily {
    private static final int BT = 0;
    private static final int BTS = 1;
    private static final int BTR = 2;

    private static final ClassDesc FIELDS = Names.desc(BitFields.class);
    private static final ClassDesc BITS = Names.desc(Bits.class);
    private static final MethodTypeDesc INT_OF_LONG = MethodTypeDesc.of(CD_int, CD_long);
    private static final MethodTypeDesc LONG_OF_LONG = MethodTypeDesc.of(CD_long, CD_long);
    private static final MethodTypeDesc COUNT = MethodTypeDesc.of(CD_int, CD_long, CD_int);
    private static final MethodTypeDesc SWAP = MethodTypeDesc.of(CD_long, CD_long, CD_int);
    private static final MethodTypeDesc CRC = MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_int);
    private static final MethodTypeDesc LOCKED =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_long);

    private final Emitter e;
    private final CodeBuilder c;
    private final FlagState f;
    private final Instruction i;
    private final boolean live;

    private BitFamily(Emitter e, Instruction i, boolean live) {
        this.e = e;
        this.c = e.c;
        this.f = e.flags;
        this.i = i;
        this.live = live;
    }

    static boolean knows(Instruction i) {
        if (i.map == Instruction.MAP_0F38) {
            return !i.lock && (i.opcode == 0xf0 || i.opcode == 0xf1);
        }
        return i.map == Instruction.MAP_0F
                && switch (i.opcode) {
                    case 0xa3, 0xab, 0xb3, 0xbb -> i.memory();
                    case 0xba -> (i.reg & 4) != 0 && i.lock;
                    case 0xb8 -> i.rep && !i.lock;
                    case 0xbc, 0xbd -> !i.lock;
                    default -> false;
                };
    }

    /** Whether {@code i} writes all six flags and reads none. */
    static boolean overwritesFlags(Instruction i) {
        return i.map == Instruction.MAP_0F
                && (i.opcode == 0xb8 || i.opcode == 0xbc || i.opcode == 0xbd);
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        BitFamily b = new BitFamily(e, i, live);
        if (i.map == Instruction.MAP_0F38) {
            if (i.repne) {
                b.checksum();
            } else {
                b.moveSwapped();
            }
            return;
        }
        switch (i.opcode) {
            case 0xb8 -> b.population();
            case 0xbc, 0xbd -> {
                if (i.rep) {
                    b.zeros(i.opcode == 0xbd);
                } else {
                    b.scan(i.opcode == 0xbd);
                }
            }
            default -> b.bit();
        }
    }

    /** The ModRM operand goes to local t1, zero-extended. */
    private void operand() {
        e.loadRm(i, i.operandSize);
        e.zeroExtend(i.operandSize);
        c.lstore(e.t1);
    }

    // ---- counts ------------------------------------------------------------------------------

    private void scan(boolean reverse) {
        operand();
        if (reverse) {
            c.loadConstant(63L).lload(e.t1);
            c.invokestatic(Names.LONG, "numberOfLeadingZeros", INT_OF_LONG).i2l().lsub();
        } else {
            c.lload(e.t1).invokestatic(Names.LONG, "numberOfTrailingZeros", INT_OF_LONG).i2l();
        }
        c.lstore(e.t2);
        Label zero = c.newLabel();
        c.lload(e.t1).lconst_0().lcmp().ifeq(zero);
        c.lload(e.t2);
        e.storePart(i, i.reg, i.operandSize);
        c.labelBinding(zero);
        if (live) {
            c.lload(e.t1).lload(e.t2);
            c.invokestatic(Names.LAZY, "scanned", Names.LONG_LONG);
            f.set(LazyFlags.LOGIC, 8);
        }
    }

    private void zeros(boolean leading) {
        operand();
        c.lload(e.t1).loadConstant(64 - 8 * i.operandSize);
        c.invokestatic(FIELDS, leading ? "lzcnt" : "tzcnt", COUNT).i2l().lstore(e.t2);
        c.lload(e.t2);
        e.storePart(i, i.reg, i.operandSize);
        if (live) {
            c.lload(e.t1).invokestatic(FIELDS, "auxIfZero", LONG_OF_LONG);
            c.lload(e.t2);
            f.setBoth();
        }
    }

    private void population() {
        operand();
        c.lload(e.t1).invokestatic(Names.LONG, "bitCount", INT_OF_LONG).i2l();
        e.storePart(i, i.reg, i.operandSize);
        if (live) {
            c.lload(e.t1).invokestatic(Names.LAZY, "auxCounted", LONG_OF_LONG);
            c.lload(e.t1).invokestatic(Names.LAZY, "counted", LONG_OF_LONG);
            f.setBoth();
        }
    }

    // ---- bytes -------------------------------------------------------------------------------

    private void moveSwapped() {
        int size = i.operandSize;
        if (i.opcode == 0xf0) {
            e.loadRm(i, size);
            c.loadConstant(size).invokestatic(BITS, "swap", SWAP);
            e.storePart(i, i.reg, size);
        } else {
            e.address(i);
            e.prepareStore(size);
            c.lload(e.host);
            e.load(i.reg);
            c.loadConstant(size).invokestatic(BITS, "swap", SWAP);
            e.put(size);
        }
    }

    private void checksum() {
        int size = i.opcode == 0xf0 ? 1 : i.operandSize;
        e.loadRm(i, size);
        c.lstore(e.t1);
        e.load(i.reg);
        c.lload(e.t1).loadConstant(size).invokestatic(BITS, "crc32", CRC);
        e.store(i.reg);
    }

    // ---- single bits in memory ---------------------------------------------------------------

    /** BT and its kin: leaves in t1 what was there, in t2 the number within it. */
    private void bit() {
        int size = i.operandSize;
        int kind = i.opcode == 0xba ? i.reg & 3 : i.opcode >>> 3 & 3;
        number(size);
        if (kind == BT) {
            e.read(size);
            c.lstore(e.t1);
        } else {
            e.prepareStore(size);
            if (i.lock) {
                changeLocked(kind, size);
            } else {
                change(kind, size);
            }
        }
        if (live) {
            c.lload(e.t1).lload(e.t2).l2i().lushr();
            f.word();
            c.invokestatic(Names.LAZY, "withCarryBit", Names.LONG_LONG);
            f.setWord();
        }
    }

    /** Pushes the address and leaves the number in t2: a signed one reaches beyond the operand. */
    private void number(int size) {
        if (i.opcode == 0xba) {
            e.address(i);
            c.loadConstant(i.immediate & 8L * size - 1).lstore(e.t2);
            return;
        }
        e.load(i.reg);
        e.signExtend(size);
        c.lstore(e.t2);
        e.offset(i);
        c.lload(e.t2).loadConstant(3).lshr().loadConstant((long) -size).land().ladd();
        if (i.addressSize == 4) {
            e.mask32();
        }
        e.addSegmentBase(i);
        c.lload(e.t2).loadConstant(8L * size - 1).land().lstore(e.t2);
    }

    private void change(int kind, int size) {
        c.lload(e.host);
        e.get(size);
        c.lstore(e.t1);
        c.lload(e.host).lload(e.t1);
        mask(kind);
        switch (kind) {
            case BTS -> c.lor();
            case BTR -> c.land();
            default -> c.lxor();
        }
        e.put(size);
    }

    private void changeLocked(int kind, int size) {
        c.lload(e.host).l2i().loadConstant(size - 1).iand();
        e.leaveIfNotZero();
        c.lload(e.host).loadConstant(size);
        mask(kind);
        String name = kind == BTS ? "or" : kind == BTR ? "and" : "xor";
        c.invokestatic(Names.desc(Locked.class), name, LOCKED).lstore(e.t1);
    }

    /** Pushes the bit, or all others for BTR. */
    private void mask(int kind) {
        c.lconst_1().lload(e.t2).l2i().lshl();
        if (kind == BTR) {
            c.loadConstant(-1L).lxor();
        }
    }
}
