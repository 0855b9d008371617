package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_double;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.decode.Instruction;

/**
 * SSE arithmetic on doubles: ADD, SUB, MUL, DIV, SQRT, MIN, MAX of one and of two, comparisons and
 * conversions. Java's arithmetic is the processor's where all exceptions are masked, the rounding
 * is to nearest, the numbers are normal or zero, and inexact results are no news; all else goes
 * through {@link Floating}.
 */
final class FloatFamily {
    private static final MethodTypeDesc ROOT = MethodTypeDesc.of(CD_double, CD_double);

    private final Emitter e;
    private final CodeBuilder c;
    private final VectorRegisters x;
    private final Instruction i;
    private final VectorForm f;
    private final int reg;
    private final int rm;

    private FloatFamily(Emitter e, Instruction i, VectorForm f) {
        this.e = e;
        this.c = e.c;
        this.x = e.x;
        this.i = i;
        this.f = f;
        this.reg = 2 * i.reg;
        this.rm = 2 * i.rm;
    }

    static void emit(Emitter e, Instruction i, VectorForm f, boolean live) {
        switch (f.shape()) {
            case INTEGER_TO_FLOAT, FLOAT_TO_INTEGER, WIDEN, NARROW ->
                    new ConvertFamily(e, i, f).emit();
            default -> {
                if (f.size() == 4) {
                    new SingleFamily(e, i, f).emit(live);
                } else {
                    new FloatFamily(e, i, f).emit(live);
                }
            }
        }
    }

    private void emit(boolean live) {
        switch (f.shape()) {
            case SCALAR -> {
                VectorFamily.source(e, i, f);
                compute(0, x.result);
                finish(0, x.result);
            }
            case PACKED -> {
                VectorFamily.source(e, i, packedSource());
                compute(0, x.result);
                compute(1, x.highResult);
                finish(0, x.result);
                finish(1, x.highResult);
            }
            default -> compare(live);
        }
    }

    private VectorForm packedSource() {
        return new VectorForm(f.shape(), "", 16, true, 0);
    }

    // ---- arithmetic --------------------------------------------------------------------------

    /** Takes the operands of one half into the locals first and second. */
    private void operands(int half) {
        x.loadDouble(reg + half);
        c.dstore(x.first);
        source(half);
        c.dstore(x.second);
    }

    private void source(int half) {
        if (i.memory()) {
            x.pushDouble(half == 0 ? x.low : x.high);
        } else {
            x.loadDouble(rm + half);
        }
    }

    private boolean sourceIsPlain(int half) {
        return !i.memory() && x.plain(rm + half);
    }

    private void compute(int half, int result) {
        operands(half);
        apply();
        c.dstore(result);
        Label rare = c.newLabel();
        Label back = c.newLabel();
        x.mode();
        c.ifne(rare);
        if (i.opcode != 0x51 && !x.plain(reg + half)) {
            test("plain", x.first, rare);
        }
        if (!sourceIsPlain(half)) {
            test("plain", x.second, rare);
        }
        switch (i.opcode) {
            case 0x51, 0x59, 0x5e -> test("normal", result, rare);
            case 0x58, 0x5c -> test("plain", result, rare);
            default -> {}
        }
        c.labelBinding(back);
        int here = e.here();
        e.later(() -> {
            Label out = c.newLabel();
            c.labelBinding(rare);
            c.aload(Emitter.CPU).loadConstant(i.opcode);
            c.dload(x.first).dload(x.second).dload(result);
            c.invokestatic(Floating.NAME, "exact", Floating.EXACT).ifeq(out);
            c.aload(Emitter.CPU).invokestatic(Floating.NAME, "outcome", Floating.OUTCOME);
            c.dstore(result);
            x.note(result);
            c.goto_(back);
            c.labelBinding(out);
            e.leaveFrom(here);
        });
    }

    private void test(String name, int local, Label rare) {
        c.dload(local).invokestatic(Floating.NAME, name, Floating.IS_DOUBLE).ifeq(rare);
    }

    private void apply() {
        if (i.opcode != 0x51) {
            c.dload(x.first);
        }
        c.dload(x.second);
        switch (i.opcode) {
            case 0x51 -> c.invokestatic(Names.MATH, "sqrt", ROOT);
            case 0x58 -> c.dadd();
            case 0x59 -> c.dmul();
            case 0x5c -> c.dsub();
            case 0x5e -> c.ddiv();
            default -> {
                String name = i.opcode == 0x5d ? "minimum" : "maximum";
                c.invokestatic(Floating.NAME, name, Floating.TWO_DOUBLES);
            }
        }
    }

    /** Where something was not plain the mode says so. */
    private void finish(int half, int result) {
        if (!i.memory()) {
            x.becomesPlain(rm + half);
        }
        c.dload(result);
        x.storeDouble(reg + half);
        x.becomesPlain(reg + half);
    }

    // ---- comparison --------------------------------------------------------------------------

    private void compare(boolean live) {
        VectorFamily.source(e, i, f);
        operands(0);
        Label rare = c.newLabel();
        Label back = c.newLabel();
        x.mode();
        c.ifne(rare);
        if (!x.plain(reg)) {
            test("plain", x.first, rare);
        }
        if (!sourceIsPlain(0)) {
            test("plain", x.second, rare);
        }
        c.labelBinding(back);
        if (live) {
            c.dload(x.first);
            x.toBits();
            c.lstore(e.flags.a).dload(x.second);
            x.toBits();
            c.lstore(e.flags.b);
            e.flags.compared();
        }
        x.becomesPlain(reg);
        if (!i.memory()) {
            x.becomesPlain(rm);
        }
        int here = e.here();
        e.later(() -> {
            Label out = c.newLabel();
            c.labelBinding(rare);
            c.aload(Emitter.CPU).dload(x.first).dload(x.second).loadConstant(i.opcode & 1);
            c.invokestatic(Floating.NAME, "compare", Floating.COMPARE).ifeq(out);
            x.note(x.second);
            c.goto_(back);
            c.labelBinding(out);
            e.leaveFrom(here);
        });
    }
}
