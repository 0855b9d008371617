package xenolith.machine.translate;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** MOV, MOVZX, MOVSX, MOVSXD, LEA, XCHG of registers, BSWAP, CMOVcc, SETcc, PUSH, POP, LEAVE. */
final class MoveFamily {
    private final Emitter e;
    private final CodeBuilder c;
    private final Instruction i;

    private MoveFamily(Emitter e, Instruction i) {
        this.e = e;
        this.c = e.c;
        this.i = i;
    }

    static boolean knows(Instruction i) {
        if (i.lock) {
            return false;
        }
        return switch (i.map) {
            case Instruction.MAP_ONE_BYTE -> oneByte(i);
            case Instruction.MAP_0F -> twoByte(i);
            default -> false;
        };
    }

    private static boolean oneByte(Instruction i) {
        return switch (i.opcode) {
            case 0x63 -> i.operandSize >= 4;
            case 0x86, 0x87 -> !i.memory();
            case 0x88, 0x89, 0x8a, 0x8b -> true;
            case 0x8d -> i.memory();
            case 0xa0, 0xa1, 0xa2, 0xa3 -> true;
            case 0x90 -> !i.rep;
            case 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97 -> true;
            case 0x98, 0x99 -> true;
            case 0xc6, 0xc7 -> (i.reg & 7) == 0;
            case 0xc9, 0x68, 0x6a -> pushSize(i) == 8;
            case 0xff -> (i.reg & 7) == 6 && pushSize(i) == 8;
            default -> i.opcode >>> 4 == 0xb || i.opcode >>> 4 == 5 && pushSize(i) == 8;
        };
    }

    private static boolean twoByte(Instruction i) {
        return switch (i.opcode) {
            case 0xb6, 0xb7, 0xbe, 0xbf -> true;
            case 0xc3 -> i.memory() && i.selectingPrefix() == 0;
            case 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf -> i.operandSize >= 4;
            case 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f -> false;
            default -> i.opcode >>> 4 == 4 || i.opcode >>> 4 == 9;
        };
    }

    private static int pushSize(Instruction i) {
        return i.prefix66 && !i.rexW() ? 2 : 8;
    }

    static void emit(Emitter e, Instruction i) {
        MoveFamily m = new MoveFamily(e, i);
        if (i.map == Instruction.MAP_0F) {
            m.emitTwoByte();
        } else {
            m.emitOneByte();
        }
    }

    private int size() {
        return (i.opcode & 1) == 0 ? 1 : i.operandSize;
    }

    private int opcodeRegister() {
        return opcodeRegister(i);
    }

    /** The register that the low bits of the opcode name. */
    static int opcodeRegister(Instruction i) {
        return i.opcode & 7 | (i.rex & 1) << 3;
    }

    private void emitOneByte() {
        switch (i.opcode) {
            case 0x63 -> extend(4, true);
            case 0x86, 0x87 -> exchange(i.rm, i.reg, size());
            case 0x88, 0x89 -> moveToRm(size(), () -> e.loadPart(i, i.reg, size()));
            case 0x8a, 0x8b -> {
                e.loadRm(i, size());
                e.storePart(i, i.reg, size());
            }
            case 0x8d -> {
                e.offset(i);
                e.storePart(i, i.reg, i.operandSize);
            }
            case 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97 -> accumulator();
            case 0x98 -> {
                e.load(Cpu.RAX);
                e.signExtend(i.operandSize / 2);
                e.storePart(i, Cpu.RAX, i.operandSize);
            }
            case 0x99 -> {
                e.load(Cpu.RAX);
                e.signExtend(i.operandSize);
                c.loadConstant(63).lshr();
                e.storePart(i, Cpu.RDX, i.operandSize);
            }
            case 0xa0, 0xa1, 0xa2, 0xa3 -> moveAtOffset();
            case 0xc6, 0xc7 -> moveToRm(size(), () -> c.loadConstant(i.immediate));
            case 0xc9 -> leave();
            case 0x68, 0x6a -> e.pushGuest(() -> c.loadConstant(i.immediate));
            case 0xff -> pushRm();
            default -> byRegister();
        }
    }

    private void accumulator() {
        if (opcodeRegister() != 0) {
            exchange(Cpu.RAX, opcodeRegister(), i.operandSize);
        }
    }

    private void byRegister() {
        int n = opcodeRegister();
        if (i.opcode >= 0xb0) {
            int size = i.opcode < 0xb8 ? 1 : i.operandSize;
            if (size == 4) {
                c.loadConstant(i.immediate & 0xffff_ffffL);
                e.store(n);
            } else {
                c.loadConstant(i.immediate);
                e.storePart(i, n, size);
            }
        } else if (i.opcode < 0x58) {
            e.pushGuest(() -> e.load(n));
        } else {
            e.popGuest();
            e.store(n);
        }
    }

    private void pushRm() {
        e.loadRm(i, 8);
        c.lstore(e.t1);
        e.pushGuest(() -> c.lload(e.t1));
    }

    private void leave() {
        e.load(Cpu.RBP);
        e.read(8);
        c.lstore(e.t1);
        e.load(Cpu.RBP);
        c.loadConstant(8L).ladd();
        e.store(Cpu.RSP);
        c.lload(e.t1);
        e.store(Cpu.RBP);
    }

    /** {@code value} pushes it; it must not touch memory. */
    private void moveToRm(int size, Runnable value) {
        if (i.memory()) {
            e.address(i);
            e.prepareWrite(size);
            value.run();
            e.write(size);
        } else {
            value.run();
            e.storePart(i, i.rm, size);
        }
    }

    /** MOV of the accumulator and a full offset. */
    private void moveAtOffset() {
        e.address(i);
        if (i.opcode < 0xa2) {
            e.read(size());
            e.storePart(i, Cpu.RAX, size());
        } else {
            e.prepareWrite(size());
            e.load(Cpu.RAX);
            e.write(size());
        }
    }

    private void exchange(int first, int second, int size) {
        e.loadPart(i, first, size);
        c.lstore(e.t1);
        e.loadPart(i, second, size);
        e.storePart(i, first, size);
        c.lload(e.t1);
        e.storePart(i, second, size);
    }

    private void extend(int from, boolean signed) {
        e.loadRm(i, from);
        if (signed) {
            e.signExtend(from);
        } else {
            e.zeroExtend(from);
        }
        e.storePart(i, i.reg, i.operandSize);
    }

    private void emitTwoByte() {
        switch (i.opcode) {
            case 0xb6, 0xb7, 0xbe, 0xbf -> extendTo((i.opcode & 1) == 0 ? 1 : 2, i.opcode >= 0xbe);
            case 0xc3 -> moveToRm(i.operandSize, () -> e.loadPart(i, i.reg, i.operandSize));
            case 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf -> swap();
            default -> {
                if (i.opcode >>> 4 == 4) {
                    conditionalMove();
                } else {
                    set();
                }
            }
        }
    }

    private void extendTo(int from, boolean signed) {
        extend(from, signed);
    }

    private void swap() {
        int n = opcodeRegister();
        e.load(n);
        c.invokestatic(
                Names.LONG,
                "reverseBytes",
                MethodTypeDesc.of(
                        java.lang.constant.ConstantDescs.CD_long,
                        java.lang.constant.ConstantDescs.CD_long));
        if (i.operandSize == 4) {
            c.loadConstant(32).lushr();
        }
        e.store(n);
    }

    /** Reads memory whether it moves or not, and a 32-bit target loses its upper half. */
    private void conditionalMove() {
        int size = i.operandSize;
        e.loadRm(i, size);
        c.lstore(e.t1);
        Label moves = c.newLabel();
        Label done = c.newLabel();
        e.flags.jumpIf(i.opcode & 15, moves);
        e.load(i.reg);
        c.goto_(done);
        c.labelBinding(moves).lload(e.t1);
        c.labelBinding(done);
        e.storePart(i, i.reg, size);
    }

    private void set() {
        if (i.memory()) {
            e.address(i);
            e.prepareStore(1);
        }
        Label holds = c.newLabel();
        Label done = c.newLabel();
        e.flags.jumpIf(i.opcode & 15, holds);
        c.lconst_0().goto_(done);
        c.labelBinding(holds).lconst_1();
        c.labelBinding(done);
        if (i.memory()) {
            c.lstore(e.t1).lload(e.host).lload(e.t1);
            e.put(1);
        } else {
            e.storePart(i, i.rm, 1);
        }
    }
}
