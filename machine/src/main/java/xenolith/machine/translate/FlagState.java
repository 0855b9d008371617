package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;

/**
 * The arithmetic flags during emission, and what is known about their kind at the current place.
 * They are always in the fields of the processor, as {@link LazyFlags} says; where their kind is
 * known, locals have them too. Locals that live from unit to unit would cost registers of the host
 * in every loop, which stores do not.
 */
final class FlagState {
    private final Emitter e;
    private final CodeBuilder c;

    /** Locals. */
    final int a;

    final int b;
    final int result;

    /** Of the last operation, with its shift, or {@link LazyFlags#UNKNOWN}. */
    private int kind = LazyFlags.UNKNOWN;

    private boolean changed;

    /** Whether {@link LazyFlags#FLOAT} is among the kinds that a unit may find. */
    private final boolean floats;

    FlagState(Emitter e, boolean floats) {
        this.floats = floats;
        this.e = e;
        this.c = e.c;
        a = e.newLong();
        b = e.newLong();
        result = e.newLong();
    }

    /** Another unit begins: nothing is known. */
    void forget() {
        kind = LazyFlags.UNKNOWN;
    }

    /** The locals a and b are set; pops the result, which may have anything above its width. */
    void set(int newKind, int size) {
        e.signExtend(size);
        c.lstore(result);
        putLong("flagResult", result);
        become(LazyFlags.kind(newKind, size));
    }

    private void putLong(String field, int local) {
        c.aload(Emitter.CPU).lload(local).putfield(Names.CPU, field, CD_long);
    }

    /** The result is in the processor already. */
    private void become(int newKind) {
        int operation = newKind & 0xff;
        if (operation != LazyFlags.LOGIC) {
            putLong("flagAux", a);
        }
        if (operation != LazyFlags.LOGIC && operation != LazyFlags.WORD) {
            putLong("flagOperand", b);
        }
        c.aload(Emitter.CPU).loadConstant(newKind).putfield(Names.CPU, "flagKind", CD_int);
        kind = newKind;
        changed = true;
    }

    /** Pops the second flag word; the result stays. */
    void setWord() {
        boolean lazy = lazyResult();
        if (lazy || kind == LazyFlags.UNKNOWN) {
            pushResult();
            c.lstore(result);
        }
        if (lazy) {
            putLong("flagResult", result);
        }
        c.lstore(a);
        become(LazyFlags.WORD);
    }

    /** The locals a and b are set to the bits of doubles that were compared. */
    void compared() {
        become(LazyFlags.kind(LazyFlags.FLOAT, 8));
    }

    /** Whether the first flag word may still have to be computed. */
    private boolean lazyResult() {
        return kind == LazyFlags.UNKNOWN ? floats : (kind & 0xff) == LazyFlags.FLOAT;
    }

    /** Pushes the first flag word. */
    void pushResult() {
        if (lazyResult()) {
            pushAll();
            c.invokestatic(Names.LAZY, "result", Names.AUX);
        } else if (kind == LazyFlags.UNKNOWN) {
            getLong("flagResult");
        } else {
            c.lload(result);
        }
    }

    private void getLong(String field) {
        c.aload(Emitter.CPU).getfield(Names.CPU, field, CD_long);
    }

    /** Pushes the kind, a, b and the result. */
    private void pushAll() {
        if (kind == LazyFlags.UNKNOWN) {
            c.aload(Emitter.CPU).getfield(Names.CPU, "flagKind", CD_int);
            getLong("flagAux");
            getLong("flagOperand");
            getLong("flagResult");
        } else {
            c.loadConstant(kind).lload(a).lload(b);
            if ((kind & 0xff) == LazyFlags.FLOAT) {
                // A comparison of floats leaves no result.
                c.lconst_0();
            } else {
                c.lload(result);
            }
        }
    }

    /** Pops the result and, below it, the second flag word. */
    void setBoth() {
        c.lstore(result).lstore(a);
        putLong("flagResult", result);
        become(LazyFlags.WORD);
    }

    /** Pushes the second flag word. */
    void word() {
        if (kind == LazyFlags.WORD) {
            c.lload(a);
        } else if ((kind & 0xff) == LazyFlags.LOGIC && kind != LazyFlags.UNKNOWN) {
            c.lconst_0();
        } else {
            pushAll();
            c.invokestatic(Names.LAZY, "aux", Names.AUX);
        }
    }

    /** Pushes CF as a long, 0 or 1. */
    void carry() {
        word();
        c.loadConstant(63).lushr();
    }

    /** The processor's flags were changed by an operation of the interpreter. */
    void reread() {
        getLong("flagResult");
        c.lstore(result);
        getLong("flagAux");
        c.lstore(a);
        kind = LazyFlags.WORD;
        changed = true;
    }

    /** Computes comparisons of floats, which other code may not know, at the way out. */
    void settleFloats() {
        kind = LazyFlags.UNKNOWN;
        if (changed && floats) {
            spill();
        }
    }

    /** As {@link #settleFloats}, in the middle of a region. */
    void settleComparisons() {
        kind = LazyFlags.UNKNOWN;
        if (floats) {
            spill();
        }
    }

    /** Computes the flags in the processor. */
    void spill() {
        c.aload(Emitter.CPU);
        pushResult();
        c.putfield(Names.CPU, "flagResult", CD_long);
        c.aload(Emitter.CPU);
        word();
        c.putfield(Names.CPU, "flagAux", CD_long);
        c.aload(Emitter.CPU).loadConstant(LazyFlags.WORD).putfield(Names.CPU, "flagKind", CD_int);
    }

    // ---- conditions --------------------------------------------------------------------------

    /** Jumps to {@code to} if condition {@code cc} (0 to 15) holds. */
    void jumpIf(int cc, Label to) {
        boolean negated = (cc & 1) != 0;
        int size = 8 - (kind >>> 11);
        int known = kind == LazyFlags.UNKNOWN ? LazyFlags.UNKNOWN : kind & 0xff;
        if (known == LazyFlags.FLOAT && cc >>> 1 != 0 && cc >>> 1 != 4 && cc < 12) {
            floatJump(cc, to);
            return;
        }
        switch (cc >>> 1) {
            case 2 -> sign(to, negated ? Test.NE : Test.EQ);
            case 1 -> below(known, size, to, negated ? Test.GE : Test.LT, cc);
            case 3 -> below(known, size, to, negated ? Test.GT : Test.LE, cc);
            case 4 -> {
                if (known > LazyFlags.WORD && known != LazyFlags.FLOAT) {
                    sign(to, negated ? Test.GE : Test.LT);
                } else {
                    generic(cc, to);
                }
            }
            case 6 -> less(known, size, to, negated ? Test.GE : Test.LT, cc);
            case 7 -> less(known, size, to, negated ? Test.GT : Test.LE, cc);
            default -> generic(cc, to);
        }
    }

    /** B, E, BE, P and their opposites. DCMPL and DCMPG differ where the operands are unordered. */
    private void floatJump(int cc, Label to) {
        boolean negated = (cc & 1) != 0;
        floatOperands();
        c.dcmpl();
        switch (cc >>> 1) {
            case 1 -> jump(negated ? Test.GE : Test.LT, to);
            case 3 -> jump(negated ? Test.GT : Test.LE, to);
            default -> {
                floatOperands();
                c.dcmpg();
                if (cc >>> 1 == 2) {
                    c.iadd();
                } else {
                    // -1 and 1 if unordered: the product is the one that is negative.
                    c.imul();
                }
                jump(cc >>> 1 == 2 ? negated ? Test.NE : Test.EQ : negated ? Test.GE : Test.LT, to);
            }
        }
    }

    private void floatOperands() {
        e.x.pushDouble(a);
        e.x.pushDouble(b);
    }

    private enum Test {
        EQ,
        NE,
        LT,
        GE,
        GT,
        LE
    }

    private void jump(Test test, Label to) {
        switch (test) {
            case EQ -> c.ifeq(to);
            case NE -> c.ifne(to);
            case LT -> c.iflt(to);
            case GE -> c.ifge(to);
            case GT -> c.ifgt(to);
            case LE -> c.ifle(to);
        }
    }

    /** Compares the result with 0. */
    private void sign(Label to, Test test) {
        pushResult();
        c.lconst_0().lcmp();
        jump(test, to);
    }

    private void below(int known, int size, Label to, Test test, int cc) {
        if (known == LazyFlags.SUB) {
            if (size == 8 && e.direct()) {
                // For HotSpot's first compiler the method below is no single comparison.
                c.lload(a).loadConstant(Long.MIN_VALUE).ladd();
                c.lload(b).loadConstant(Long.MIN_VALUE).ladd().lcmp();
            } else if (size == 8) {
                c.lload(a).lload(b);
                c.invokestatic(Names.LONG, "compareUnsigned", Names.COMPARE_LONG);
            } else if (size == 4 && !e.direct()) {
                c.lload(a).l2i().lload(b).l2i();
                c.invokestatic(Names.INTEGER, "compareUnsigned", Names.COMPARE_INT);
            } else {
                c.lload(a);
                e.zeroExtend(size);
                c.lload(b);
                e.zeroExtend(size);
                c.lcmp();
            }
            jump(test, to);
        } else if (known == LazyFlags.LOGIC) {
            // CF is clear: below never, below or equal if zero.
            switch (test) {
                case LE -> sign(to, Test.EQ);
                case GT -> sign(to, Test.NE);
                case GE -> c.goto_(to);
                default -> {}
            }
        } else {
            generic(cc, to);
        }
    }

    private void less(int known, int size, Label to, Test test, int cc) {
        if (known == LazyFlags.SUB) {
            c.lload(a);
            e.signExtend(size);
            c.lload(b);
            e.signExtend(size);
            c.lcmp();
            jump(test, to);
        } else if (known == LazyFlags.LOGIC) {
            sign(to, test);
        } else {
            generic(cc, to);
        }
    }

    private void generic(int cc, Label to) {
        c.loadConstant(cc);
        pushResult();
        word();
        c.invokestatic(Names.FLAGS, "condition", Names.CONDITION).ifne(to);
    }
}
