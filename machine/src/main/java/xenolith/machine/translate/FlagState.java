package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.MethodTypeDesc;

/**
 * The arithmetic flags during emission: a kind and two values, as {@link LazyFlags} says, and what
 * is known about the kind at the current place.
 *
 * <p>In hot code they are three locals, which the processor gets where the code is left. In warm
 * code they are always in the processor, and the locals hold them only where their kind is known.
 */
final class FlagState {
    private static final MethodTypeDesc OF_OPERATION =
            MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long, CD_int);

    private static final MethodTypeDesc HOLDS =
            MethodTypeDesc.of(CD_boolean, CD_int, CD_int, CD_long, CD_long);

    private final Emitter e;
    private final CodeBuilder c;

    /** Whether the flags are always in the processor. */
    private final boolean stored;

    /** The locals for the two values, for the families to set before {@link #set}. */
    final int a;

    final int b;

    /** Local with the first flag word, see {@link #hasResult}. */
    private final int result;

    /** Local with the kind, if not {@link #stored}. */
    private final int dynamic;

    /** Of the last operation, with its shift, or {@link LazyFlags#UNKNOWN}. */
    private int kind = LazyFlags.UNKNOWN;

    /** Whether the locals are set from the beginning on, if not {@link #stored}. */
    private boolean used;

    FlagState(Emitter e, boolean stored) {
        this.e = e;
        this.c = e.c;
        this.stored = stored;
        a = e.newLong();
        b = e.newLong();
        result = e.newLong();
        dynamic = c.allocateLocal(TypeKind.INT);
    }

    /** Another unit begins: nothing is known. */
    void forget() {
        kind = LazyFlags.UNKNOWN;
    }

    // ---- to and from the processor -----------------------------------------------------------

    /** Takes the flags from the processor, if code that was emitted before needs that. */
    void wayIn() {
        if (used) {
            reload();
        }
    }

    /** Gives the flags to the processor, if code that was emitted before changes them. */
    void wayOut() {
        if (used && !stored) {
            putKind();
            putLong("flagAux", a);
            putLong("flagResult", b);
        }
    }

    /** Gives the flags to the processor, for code that {@link #reload} follows. */
    void settle() {
        used = true;
        wayOut();
    }

    /** Takes the flags from the processor: of which kind is not known. */
    void reload() {
        kind = LazyFlags.UNKNOWN;
        if (!stored) {
            used = true;
            c.aload(Emitter.CPU).getfield(Names.CPU, "flagKind", CD_int).istore(dynamic);
            getLong("flagAux");
            c.lstore(a);
            getLong("flagResult");
            c.lstore(b);
        }
    }

    /** Computes the flags in the processor. */
    void spill() {
        if (stored && kind == LazyFlags.UNKNOWN) {
            c.aload(Emitter.CPU).invokestatic(Names.LAZY, "settle", Names.EXECUTE);
            return;
        }
        c.aload(Emitter.CPU);
        pushResult();
        c.putfield(Names.CPU, "flagResult", CD_long);
        c.aload(Emitter.CPU);
        word();
        c.putfield(Names.CPU, "flagAux", CD_long);
        c.aload(Emitter.CPU).loadConstant(LazyFlags.WORD).putfield(Names.CPU, "flagKind", CD_int);
    }

    /** The processor's flags were changed by an operation of the interpreter. */
    void reread() {
        getLong("flagAux");
        getLong("flagResult");
        c.lstore(result).lstore(a);
        kind = LazyFlags.WORD;
        keep();
    }

    private void putLong(String field, int local) {
        c.aload(Emitter.CPU).lload(local).putfield(Names.CPU, field, CD_long);
    }

    private void getLong(String field) {
        c.aload(Emitter.CPU).getfield(Names.CPU, field, CD_long);
    }

    private void putKind() {
        c.aload(Emitter.CPU);
        if (stored) {
            c.loadConstant(kind);
        } else {
            c.iload(dynamic);
        }
        c.putfield(Names.CPU, "flagKind", CD_int);
    }

    // ---- setting -----------------------------------------------------------------------------

    /**
     * The locals a and b are set; pops the result, which may have anything above its width. Nothing
     * may be left from that on.
     */
    void set(int newKind, int size) {
        e.signExtend(size);
        c.lstore(result);
        if (newKind == LazyFlags.ADC || newKind == LazyFlags.SBB) {
            c.lload(a).lload(b).lload(result).loadConstant(64 - 8 * size);
            String name = newKind == LazyFlags.ADC ? "auxAdd" : "auxSub";
            c.invokestatic(Names.FLAGS, name, OF_OPERATION).lstore(a);
            become(LazyFlags.WORD);
        } else {
            become(LazyFlags.kind(newKind, size));
        }
    }

    /** The local result is set, and a and b as far as the kind needs them. */
    private void become(int newKind) {
        kind = newKind;
        if (stored) {
            putKind();
            if ((kind & 0xff) != LazyFlags.LOGIC) {
                putLong("flagAux", a);
            }
            putLong("flagResult", inWords() ? result : b);
        }
        keep();
    }

    /** The locals have the flags, of the kind that is known, where they do not stay otherwise. */
    private void keep() {
        if (stored) {
            return;
        }
        used = true;
        c.loadConstant(kind).istore(dynamic);
        if (inWords()) {
            c.lload(result).lstore(b);
        }
    }

    /** Whether the second of the two values is the first flag word. */
    private boolean inWords() {
        return (kind & 0xff) == LazyFlags.LOGIC || kind == LazyFlags.WORD;
    }

    /** Pops the second flag word; the result stays. */
    void setWord() {
        if (!hasResult()) {
            pushResult();
            c.lstore(result);
        }
        c.lstore(a);
        become(LazyFlags.WORD);
    }

    /** Pops the result and, below it, the second flag word. */
    void setBoth() {
        c.lstore(result).lstore(a);
        become(LazyFlags.WORD);
    }

    /** The locals a and b are set to the bits of doubles that were compared. */
    void compared() {
        become(LazyFlags.kind(LazyFlags.FLOAT, 8));
    }

    // ---- asking ------------------------------------------------------------------------------

    /** Pushes the first flag word. */
    void pushResult() {
        if (hasResult()) {
            c.lload(result);
        } else {
            pushAll();
            c.invokestatic(Names.LAZY, "result", Names.AUX);
        }
    }

    /** Whether the local result is set: a comparison of floats leaves none. */
    private boolean hasResult() {
        return kind != LazyFlags.UNKNOWN && (kind & 0xff) != LazyFlags.FLOAT;
    }

    /** Pushes the kind and both values. */
    private void pushAll() {
        if (kind != LazyFlags.UNKNOWN) {
            c.loadConstant(kind).lload(a).lload(b);
        } else if (stored) {
            e.cpuInt("flagKind");
            getLong("flagAux");
            getLong("flagResult");
        } else {
            used = true;
            c.iload(dynamic).lload(a).lload(b);
        }
    }

    /** Pushes the second flag word. */
    void word() {
        if (kind == LazyFlags.WORD) {
            c.lload(a);
        } else if (kind != LazyFlags.UNKNOWN && (kind & 0xff) == LazyFlags.LOGIC) {
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

    // ---- conditions --------------------------------------------------------------------------

    /** Jumps to {@code to} if condition {@code cc} (0 to 15) holds. */
    void jumpIf(int cc, Label to) {
        boolean negated = (cc & 1) != 0;
        if (kind == LazyFlags.UNKNOWN) {
            c.loadConstant(cc);
            pushAll();
            c.invokestatic(Names.LAZY, "holds", HOLDS).ifne(to);
            return;
        }
        int size = 8 - (kind >>> 11);
        int known = kind & 0xff;
        if (known == LazyFlags.FLOAT && cc >>> 1 != 0 && cc >>> 1 != 4 && cc < 12) {
            floatJump(cc, to);
            return;
        }
        switch (cc >>> 1) {
            case 2 -> equal(known, size, to, negated ? Test.NE : Test.EQ);
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

    private void equal(int known, int size, Label to, Test test) {
        if (known == LazyFlags.SUB && size == 8) {
            // The difference is not needed for anything else, mostly.
            c.lload(a).lload(b).lcmp();
            jump(test, to);
        } else if (known == LazyFlags.SUB && size == 4) {
            c.lload(a).l2i().lload(b).l2i();
            if (test == Test.EQ) {
                c.if_icmpeq(to);
            } else {
                c.if_icmpne(to);
            }
        } else {
            sign(to, test);
        }
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
