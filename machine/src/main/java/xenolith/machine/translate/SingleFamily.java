package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_float;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.decode.Instruction;

/** SSE arithmetic on floats, two in each half of a register, as {@link FloatFamily} has doubles. */
final class SingleFamily {
    private static final MethodTypeDesc ROOT = MethodTypeDesc.of(CD_float, CD_float);
    private static final MethodTypeDesc PAIR =
            MethodTypeDesc.of(java.lang.constant.ConstantDescs.CD_long, CD_float, CD_float);

    private final Emitter e;
    private final CodeBuilder c;
    private final VectorRegisters x;
    private final Instruction i;
    private final VectorForm f;
    private final int reg;
    private final int rm;

    SingleFamily(Emitter e, Instruction i, VectorForm f) {
        this.e = e;
        this.c = e.c;
        this.x = e.x;
        this.i = i;
        this.f = f;
        this.reg = 2 * i.reg;
        this.rm = 2 * i.rm;
    }

    void emit(boolean live) {
        switch (f.shape()) {
            case SCALAR -> {
                VectorFamily.source(e, i, f);
                compute(0, x.singles[0]);
                x.load(reg);
                c.loadConstant(~0xffff_ffffL).land();
                c.fload(x.singles[0]);
                x.floatBits();
                c.lor();
                x.store(reg);
            }
            case PACKED -> {
                VectorFamily.source(e, i, new VectorForm(f.shape(), "", 16, true, 0));
                for (int n = 0; n < 4; n++) {
                    compute(n, x.singles[n]);
                }
                for (int half = 0; half < 2; half++) {
                    c.fload(x.singles[2 * half]).fload(x.singles[2 * half + 1]);
                    c.invokestatic(Floating.NAME, "pair", PAIR);
                    x.store(reg + half);
                }
            }
            default -> compare(live);
        }
    }

    /** Takes operand {@code n} of each into the locals first and second. */
    private void operands(int n) {
        x.load(reg + n / 2);
        toFloat(n);
        c.fstore(x.firstSingle);
        if (i.memory()) {
            c.lload(n < 2 ? x.low : x.high);
        } else {
            x.load(rm + n / 2);
        }
        toFloat(n);
        c.fstore(x.secondSingle);
    }

    private void toFloat(int n) {
        if ((n & 1) != 0) {
            c.loadConstant(32).lushr();
        }
        x.toFloat();
    }

    private void compute(int n, int result) {
        operands(n);
        apply();
        c.fstore(result);
        Label rare = c.newLabel();
        Label back = c.newLabel();
        if (i.opcode != 0x5d && i.opcode != 0x5f) {
            x.mode();
            c.ifne(rare);
        }
        if (i.opcode != 0x51) {
            test("plain", x.firstSingle, rare);
        }
        test("plain", x.secondSingle, rare);
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
            c.fload(x.firstSingle).fload(x.secondSingle).fload(result);
            c.invokestatic(Floating.NAME, "exact", Floating.EXACT_FLOAT).ifeq(out);
            c.aload(Emitter.CPU)
                    .invokestatic(Floating.NAME, "outcomeFloat", Floating.OUTCOME_FLOAT);
            c.fstore(result);
            x.noteStatus();
            c.goto_(back);
            c.labelBinding(out);
            e.leaveFrom(here);
        });
    }

    private void test(String name, int local, Label rare) {
        c.fload(local).invokestatic(Floating.NAME, name, Floating.IS_FLOAT).ifeq(rare);
    }

    private void apply() {
        if (i.opcode != 0x51) {
            c.fload(x.firstSingle);
        }
        c.fload(x.secondSingle);
        switch (i.opcode) {
            case 0x51 -> c.invokestatic(Floating.NAME, "root", ROOT);
            case 0x58 -> c.fadd();
            case 0x59 -> c.fmul();
            case 0x5c -> c.fsub();
            case 0x5e -> c.fdiv();
            default -> {
                String name = i.opcode == 0x5d ? "minimum" : "maximum";
                c.invokestatic(Floating.NAME, name, Floating.TWO_FLOATS);
            }
        }
    }

    private void compare(boolean live) {
        VectorFamily.source(e, i, f);
        operands(0);
        Label rare = c.newLabel();
        Label back = c.newLabel();
        test("plain", x.firstSingle, rare);
        test("plain", x.secondSingle, rare);
        c.labelBinding(back);
        if (live) {
            c.fload(x.firstSingle).f2d();
            x.toBits();
            c.lstore(e.flags.a).fload(x.secondSingle).f2d();
            x.toBits();
            c.lstore(e.flags.b);
            e.flags.compared();
        }
        int here = e.here();
        e.later(() -> {
            c.labelBinding(rare);
            c.aload(Emitter.CPU).fload(x.firstSingle).fload(x.secondSingle);
            c.loadConstant(i.opcode & 1);
            c.invokestatic(Floating.NAME, "compare", Floating.COMPARE_FLOAT).ifne(back);
            e.leaveFrom(here);
        });
    }
}
