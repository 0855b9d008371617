package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/**
 * XADD and CMPXCHG, XCHG with memory, and with LOCK: ADD, OR, AND, SUB, XOR, INC, DEC and NOT. A
 * locked operand in memory that is not aligned is left to the interpreter.
 */
final class ExchangeFamily {
    private static final int OR = 1;
    private static final int AND = 4;
    private static final int SUB = 5;
    private static final int XOR = 6;

    /** {@code Locked}'s operations: host address, size and operand to the old value. */
    private static final MethodTypeDesc LOCKED =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_long);

    private static final MethodTypeDesc COMPARE_AND_SWAP =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_long, CD_long);

    private final Emitter e;
    private final CodeBuilder c;
    private final FlagState f;
    private final Instruction i;
    private final boolean live;

    private ExchangeFamily(Emitter e, Instruction i, boolean live) {
        this.e = e;
        this.c = e.c;
        this.f = e.flags;
        this.i = i;
        this.live = live;
    }

    static boolean knows(Instruction i) {
        if (i.lock && !i.memory()) {
            return false;
        }
        if (i.map == Instruction.MAP_0F) {
            return switch (i.opcode) {
                case 0xb0, 0xb1, 0xc0, 0xc1 -> true;
                default -> false;
            };
        }
        return i.map == Instruction.MAP_ONE_BYTE && i.memory() && oneByte(i);
    }

    private static boolean oneByte(Instruction i) {
        if (i.opcode == 0x86 || i.opcode == 0x87) {
            return true;
        }
        if (!i.lock) {
            return false;
        }
        int kind = i.reg & 7;
        return switch (i.opcode) {
            case 0x80, 0x81, 0x83 -> plain(kind);
            case 0xf6, 0xf7 -> kind == 2;
            case 0xfe, 0xff -> kind < 2;
            default -> i.opcode < 0x40 && (i.opcode & 7) < 2 && plain(i.opcode >>> 3);
        };
    }

    /** Neither ADC, SBB nor CMP. */
    private static boolean plain(int kind) {
        return kind != 2 && kind != 3 && kind != 7;
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        new ExchangeFamily(e, i, live).emit();
    }

    private int size() {
        return (i.opcode & 1) == 0 ? 1 : i.operandSize;
    }

    private void emit() {
        int size = size();
        if (i.memory()) {
            e.address(i);
            e.prepareStore(size);
            leaveUnlessAligned(size);
        }
        if (i.map == Instruction.MAP_0F) {
            if (i.opcode >= 0xc0) {
                add(size);
            } else {
                compare(size);
            }
            return;
        }
        switch (i.opcode) {
            case 0x86, 0x87 -> exchange(size);
            case 0xf6, 0xf7 -> not(size);
            case 0xfe, 0xff -> step((i.reg & 7) == 0, size);
            case 0x80, 0x81, 0x83 -> modify(i.reg & 7, size, () -> c.loadConstant(i.immediate));
            default -> modify(i.opcode >>> 3, size, () -> e.loadPart(i, i.reg, size));
        }
    }

    /** XCHG locks without the prefix, too. */
    private boolean locks() {
        return i.lock || i.map == Instruction.MAP_ONE_BYTE;
    }

    private void leaveUnlessAligned(int size) {
        if (size > 1 && locks()) {
            c.lload(e.host).l2i().loadConstant(size - 1).iand();
            e.leaveIfNotZero();
        }
    }

    private void exchange(int size) {
        c.lload(e.host).loadConstant(size);
        e.loadPart(i, i.reg, size);
        c.invokestatic(Names.MEMORY, "getAndSet", LOCKED);
        e.storePart(i, i.reg, size);
    }

    // ---- LOCK --------------------------------------------------------------------------------

    private void not(int size) {
        c.lload(e.host).loadConstant(size).loadConstant(-1L);
        c.invokestatic(Names.desc(Locked.class), "xor", LOCKED).pop2();
    }

    private void step(boolean increment, int size) {
        c.lload(e.host).loadConstant(size).loadConstant(increment ? 1L : -1L);
        c.invokestatic(Names.desc(Locked.class), "add", LOCKED);
        if (!live) {
            c.pop2();
            return;
        }
        c.lstore(e.t1);
        f.word();
        c.lstore(f.b);
        c.lload(e.t1).lstore(f.a);
        c.lload(e.t1).loadConstant(increment ? 1L : -1L).ladd();
        f.set(increment ? LazyFlags.INC : LazyFlags.DEC, size);
    }

    private void modify(int kind, int size, Runnable second) {
        second.run();
        c.lstore(e.t2);
        c.lload(e.host).loadConstant(size).lload(e.t2);
        c.invokestatic(Names.desc(Locked.class), name(kind), LOCKED);
        if (!live) {
            c.pop2();
            return;
        }
        c.lstore(e.t1);
        boolean logic = kind == OR || kind == AND || kind == XOR;
        if (!logic) {
            keep(e.t1, e.t2);
        }
        c.lload(e.t1).lload(e.t2);
        switch (kind) {
            case OR -> c.lor();
            case AND -> c.land();
            case XOR -> c.lxor();
            case SUB -> c.lsub();
            default -> c.ladd();
        }
        f.set(logic ? LazyFlags.LOGIC : kind == SUB ? LazyFlags.SUB : LazyFlags.ADD, size);
    }

    private static String name(int kind) {
        return switch (kind) {
            case OR -> "or";
            case AND -> "and";
            case XOR -> "xor";
            case SUB -> "subtract";
            default -> "add";
        };
    }

    /** The locals become the operands in the flags. */
    private void keep(int first, int second) {
        c.lload(first).lstore(f.a).lload(second).lstore(f.b);
    }

    // ---- XADD --------------------------------------------------------------------------------

    private void add(int size) {
        e.loadPart(i, i.reg, size);
        c.lstore(e.t2);
        if (i.lock) {
            c.lload(e.host).loadConstant(size).lload(e.t2);
            c.invokestatic(Names.MEMORY, "getAndAdd", LOCKED).lstore(e.t1);
        } else {
            loadOperand(size);
            c.lstore(e.t1);
        }
        c.lload(e.t1).lload(e.t2).ladd().lstore(e.t3);
        c.lload(e.t1);
        e.storePart(i, i.reg, size);
        if (!i.memory()) {
            // Where both are one register it has the sum.
            c.lload(e.t3);
            e.storePart(i, i.rm, size);
        } else if (!i.lock) {
            c.lload(e.host).lload(e.t3);
            e.put(size);
        }
        if (live) {
            keep(e.t1, e.t2);
            c.lload(e.t3);
            f.set(LazyFlags.ADD, size);
        }
    }

    private void loadOperand(int size) {
        if (i.memory()) {
            c.lload(e.host);
            e.get(size);
        } else {
            e.loadPart(i, i.rm, size);
        }
    }

    // ---- CMPXCHG -----------------------------------------------------------------------------

    private void compare(int size) {
        e.load(Cpu.RAX);
        e.zeroExtend(size);
        c.lstore(e.t2);
        if (i.lock) {
            c.lload(e.host).loadConstant(size).lload(e.t2);
            e.loadPart(i, i.reg, size);
            c.invokestatic(Names.MEMORY, "compareAndSwap", COMPARE_AND_SWAP).lstore(e.t1);
        } else {
            loadOperand(size);
            e.zeroExtend(size);
            c.lstore(e.t1);
        }
        Label differs = c.newLabel();
        Label done = c.newLabel();
        c.lload(e.t1).lload(e.t2).lcmp().ifne(differs);
        if (!i.lock) {
            storeRegister(size);
        }
        c.goto_(done);
        c.labelBinding(differs).lload(e.t1);
        e.storePart(i, Cpu.RAX, size);
        c.labelBinding(done);
        if (live) {
            keep(e.t2, e.t1);
            c.lload(e.t2).lload(e.t1).lsub();
            f.set(LazyFlags.SUB, size);
        }
    }

    private void storeRegister(int size) {
        if (i.memory()) {
            c.lload(e.host);
            e.loadPart(i, i.reg, size);
            e.put(size);
        } else {
            e.loadPart(i, i.reg, size);
            e.storePart(i, i.rm, size);
        }
    }
}
