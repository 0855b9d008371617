package xenolith.machine.translate;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.decode.Instruction;

/** CVTSI2SD, CVTSD2SI, CVTTSD2SI, CVTSS2SD, CVTSD2SS and their single kin. */
final class ConvertFamily {
    private static final MethodTypeDesc ROUND =
            MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_double);

    private final Emitter e;
    private final CodeBuilder c;
    private final VectorRegisters x;
    private final Instruction i;
    private final VectorForm f;
    private final int reg;

    ConvertFamily(Emitter e, Instruction i, VectorForm f) {
        this.e = e;
        this.c = e.c;
        this.x = e.x;
        this.i = i;
        this.f = f;
        this.reg = 2 * i.reg;
    }

    void emit() {
        switch (f.shape()) {
            case INTEGER_TO_FLOAT -> fromInteger();
            case FLOAT_TO_INTEGER -> toInteger();
            case WIDEN -> widen();
            default -> narrow();
        }
    }

    private int general() {
        return i.rexW() ? 8 : 4;
    }

    private void fromInteger() {
        e.loadRm(i, general());
        e.signExtend(general());
        c.lstore(e.t1);
        if (f.size() == 4 || general() == 8) {
            // Where rounding may be needed.
            Label sure = c.newLabel();
            x.mode();
            c.ifeq(sure);
            String test = f.size() == 4 ? "exactFloat" : "exactDouble";
            c.lload(e.t1).invokestatic(Floating.NAME, test, Floating.FROM_INTEGER);
            c.loadConstant(1).ixor();
            e.leaveIfNotZero();
            c.labelBinding(sure);
        }
        if (f.size() == 8) {
            c.lload(e.t1).l2d();
            x.storeDouble(reg);
            x.becomesPlain(reg);
        } else {
            c.lload(e.t1).l2f();
            storeFloat();
        }
    }

    /** Pops a float into the low part of the destination. */
    private void storeFloat() {
        x.floatBits();
        x.load(reg);
        c.loadConstant(~0xffff_ffffL).land().lor();
        x.store(reg);
    }

    /** Pushes the source as a double: of a float as well. */
    private void source() {
        VectorFamily.source(e, i, f);
        if (f.size() == 8) {
            if (i.memory()) {
                x.pushDouble(x.low);
            } else {
                x.loadDouble(2 * i.rm);
            }
            return;
        }
        if (i.memory()) {
            c.lload(x.low);
        } else {
            x.load(2 * i.rm);
        }
        x.toFloat();
        c.fstore(x.firstSingle);
        c.fload(x.firstSingle).f2d();
    }

    private void toInteger() {
        source();
        c.dstore(x.first);
        c.dload(x.first);
        if (i.opcode == 0x2d) {
            c.invokestatic(Names.MATH, "rint", ROUND);
        }
        c.dstore(x.second);
        // In plain mode the number itself is what may be rounded; else it must not be.
        x.mode();
        c.dload(x.first).dload(x.second).loadConstant(general());
        c.invokestatic(Floating.NAME, "integer", Floating.INTEGER).loadConstant(1).ixor();
        e.leaveIfNotZero();
        c.dload(x.second).d2l();
        if (general() == 4) {
            e.mask32();
        }
        e.store(i.reg);
    }

    private void widen() {
        source();
        c.dstore(x.result);
        c.fload(x.firstSingle).invokestatic(Floating.NAME, "plain", Floating.IS_FLOAT);
        c.loadConstant(1).ixor();
        e.leaveIfNotZero();
        c.dload(x.result);
        x.storeDouble(reg);
        x.becomesPlain(reg);
    }

    private void narrow() {
        source();
        c.dstore(x.first);
        c.dload(x.first).d2f().fstore(x.firstSingle);
        x.mode();
        c.dload(x.first).fload(x.firstSingle);
        c.invokestatic(Floating.NAME, "narrows", Floating.NARROWS).loadConstant(1).ixor();
        e.leaveIfNotZero();
        c.fload(x.firstSingle);
        storeFloat();
    }
}
