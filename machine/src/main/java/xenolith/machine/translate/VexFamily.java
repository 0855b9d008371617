package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.alu.BitFields;
import xenolith.machine.alu.Shift;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/** BMI1 and BMI2: the instructions on general registers that have a VEX prefix. */
final class VexFamily {
    private static final ClassDesc FIELDS = Names.desc(BitFields.class);
    private static final MethodTypeDesc OF_ONE = MethodTypeDesc.of(CD_long, CD_long);
    private static final MethodTypeDesc WITH_INT = MethodTypeDesc.of(CD_long, CD_long, CD_int);
    private static final MethodTypeDesc ROTATE =
            MethodTypeDesc.of(CD_long, CD_long, CD_int, CD_int);
    private static final MethodTypeDesc UPPER_HALF =
            MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_int);

    private final Emitter e;
    private final CodeBuilder c;
    private final FlagState f;
    private final Instruction i;
    private final boolean live;
    private final int size;
    private final int shift;

    private VexFamily(Emitter e, Instruction i, boolean live) {
        this.e = e;
        this.c = e.c;
        this.f = e.flags;
        this.i = i;
        this.live = live;
        this.size = i.operandSize;
        this.shift = 64 - 8 * size;
    }

    static boolean knows(Instruction i) {
        return switch (i.map) {
            case Instruction.MAP_VEX_0F38 ->
                    i.opcode == 0xf2 || i.opcode == 0xf3 || i.opcode >= 0xf5 && i.opcode <= 0xf7;
            case Instruction.MAP_VEX_0F3A -> i.opcode == 0xf0;
            default -> false;
        };
    }

    /** Whether {@code i} writes the flags: then all six, and reads none. */
    static boolean overwritesFlags(Instruction i) {
        if (i.map != Instruction.MAP_VEX_0F38) {
            return false;
        }
        return switch (i.opcode) {
            case 0xf2, 0xf3 -> true;
            case 0xf5, 0xf7 -> i.selectingPrefix() == 0;
            default -> false;
        };
    }

    /** The registers that {@code i} names beside those of its ModRM byte, as bits by number. */
    static int registers(Instruction i) {
        return 1 << i.vexRegister | (i.opcode == 0xf6 ? 1 << Cpu.RDX : 0);
    }

    static void emit(Emitter e, Instruction i, boolean live) {
        new VexFamily(e, i, live).emit();
    }

    private void emit() {
        e.loadRm(i, size);
        e.zeroExtend(size);
        c.lstore(e.t1);
        if (i.map == Instruction.MAP_VEX_0F3A) {
            c.lload(e.t1).loadConstant((int) i.immediate).loadConstant(shift);
            c.invokestatic(Names.desc(Shift.class), "ror", ROTATE);
            e.storePart(i, i.reg, size);
            return;
        }
        if (i.opcode == 0xf6) {
            multiply();
            return;
        }
        e.load(i.vexRegister);
        e.zeroExtend(size);
        c.lstore(e.t2);
        switch (i.opcode) {
            case 0xf2 -> andNot();
            case 0xf3 -> lowest();
            case 0xf5 -> field();
            default -> shift();
        }
    }

    private void multiply() {
        e.load(Cpu.RDX);
        e.zeroExtend(size);
        c.lstore(e.t2);
        c.lload(e.t2).lload(e.t1).lmul();
        e.storePart(i, i.vexRegister, size);
        // Where both name one register it has the upper half.
        c.lload(e.t2).lload(e.t1).loadConstant(shift);
        c.invokestatic(FIELDS, "mulxHigh", UPPER_HALF);
        e.storePart(i, i.reg, size);
    }

    private void andNot() {
        c.lload(e.t2).loadConstant(-1L).lxor().lload(e.t1).land();
        c.dup2().lstore(e.t3);
        e.storePart(i, i.reg, size);
        if (live) {
            c.lload(e.t3);
            f.set(LazyFlags.LOGIC, size);
        }
    }

    /** BLSR, BLSMSK and BLSI of t1. */
    private void lowest() {
        c.lload(e.t1);
        String aux = "auxIfZero";
        switch (i.reg & 7) {
            case 1 -> c.invokestatic(FIELDS, "blsr", OF_ONE);
            case 2 -> c.loadConstant(shift).invokestatic(FIELDS, "blsmsk", WITH_INT);
            default -> {
                c.invokestatic(FIELDS, "blsi", OF_ONE);
                aux = "auxIfNotZero";
            }
        }
        c.dup2().lstore(e.t3);
        e.storePart(i, i.vexRegister, size);
        if (live) {
            c.lload(e.t1).invokestatic(FIELDS, aux, OF_ONE);
            result();
            f.setBoth();
        }
    }

    /** Pushes the result in t3 as the flags want it. */
    private void result() {
        c.lload(e.t3);
        e.signExtend(size);
    }

    /** PDEP and PEXT of t2 by the mask t1; BZHI of t1 from bit t2 on. */
    private void field() {
        if (i.selectingPrefix() != 0) {
            c.lload(e.t2).lload(e.t1);
            c.invokestatic(FIELDS, i.repne ? "pdep" : "pext", Names.LONG_LONG);
            e.storePart(i, i.reg, size);
            return;
        }
        c.lload(e.t1).lload(e.t2).invokestatic(FIELDS, "bzhi", Names.LONG_LONG);
        c.dup2().lstore(e.t3);
        e.storePart(i, i.reg, size);
        if (live) {
            c.lload(e.t2).loadConstant(shift).invokestatic(FIELDS, "auxBzhi", WITH_INT);
            result();
            f.setBoth();
        }
    }

    /** SHLX, SHRX and SARX of t1 by t2; BEXTR of t1. */
    private void shift() {
        c.lload(e.t1);
        int prefix = i.selectingPrefix();
        if (prefix == 0xf3) {
            e.signExtend(size);
        }
        c.lload(e.t2);
        if (prefix == 0) {
            c.invokestatic(FIELDS, "bextr", Names.LONG_LONG);
            c.dup2().lstore(e.t3);
            e.storePart(i, i.reg, size);
            if (live) {
                c.loadConstant((long) xenolith.abi.x86.Rflags.AF);
                result();
                f.setBoth();
            }
            return;
        }
        c.l2i().loadConstant(8 * size - 1).iand();
        switch (prefix) {
            case 0x66 -> c.lshl();
            case 0xf3 -> c.lshr();
            default -> c.lushr();
        }
        e.storePart(i, i.reg, size);
    }
}
