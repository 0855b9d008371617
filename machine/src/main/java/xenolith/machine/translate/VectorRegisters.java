package xenolith.machine.translate;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.util.List;
import xenolith.machine.decode.Instruction;

/**
 * The vector registers of a region: halves of 64 bits in the processor, or in locals, as {@code
 * double} where the region computes with doubles, else as {@code long}. Half 2 n is the low one of
 * register n.
 */
final class VectorRegisters {
    private final CodeBuilder c;
    private final int[] locals = new int[32];
    private final int used;
    private final int dirty;
    private final int doubles;

    /**
     * Halves known to hold a double that is normal or zero, at this place, or else the mode is
     * {@link Floating#NOT_PLAIN}.
     */
    private int plain;

    private final PlainFlow flow;

    /** Local with {@code Cpu.xmm}. */
    private final int array;

    /** Local with what goes to the processor at once. */
    private final int stored;

    /** Local with what {@link Floating#mode} says. */
    private final int mode;

    private final boolean any;

    private final boolean direct;

    /** Locals for the source and other things of one instruction. */
    final int low;

    final int high;
    final int first;
    final int second;
    final int result;
    final int highResult;
    final int firstSingle;
    final int secondSingle;
    final int[] singles = new int[4];

    /**
     * @param direct whether they stay in the processor
     */
    VectorRegisters(CodeBuilder c, Region region, boolean direct) {
        this.c = c;
        this.direct = direct;
        int reads = 0;
        int writes = 0;
        int[] votes = new int[32];
        boolean found = false;
        for (Unit u : region.units()) {
            for (Step s : u.steps()) {
                Instruction i = s.instruction();
                VectorForm f = VectorForm.of(i);
                if (f != null) {
                    found = true;
                    reads |= f.read(i);
                    writes |= f.written(i);
                    vote(votes, f.doubles(i), 2);
                    vote(votes, f.integers(i), -1);
                }
            }
        }
        any = found;
        flow = new PlainFlow(region);
        used = reads | writes;
        dirty = writes;
        int asDoubles = 0;
        for (int n = 0; n < 32 && !direct; n++) {
            asDoubles |= votes[n] > 0 ? 1 << n : 0;
            if ((used >>> n & 1) != 0) {
                locals[n] = c.allocateLocal(votes[n] > 0 ? TypeKind.DOUBLE : TypeKind.LONG);
            }
        }
        doubles = asDoubles;
        array = any && !direct ? c.allocateLocal(TypeKind.REFERENCE) : -1;
        stored = any && direct ? c.allocateLocal(TypeKind.LONG) : -1;
        mode = any ? c.allocateLocal(TypeKind.INT) : -1;
        low = any ? c.allocateLocal(TypeKind.LONG) : -1;
        high = any ? c.allocateLocal(TypeKind.LONG) : -1;
        first = any ? c.allocateLocal(TypeKind.DOUBLE) : -1;
        second = any ? c.allocateLocal(TypeKind.DOUBLE) : -1;
        result = any ? c.allocateLocal(TypeKind.DOUBLE) : -1;
        highResult = any ? c.allocateLocal(TypeKind.DOUBLE) : -1;
        firstSingle = any ? c.allocateLocal(TypeKind.FLOAT) : -1;
        secondSingle = any ? c.allocateLocal(TypeKind.FLOAT) : -1;
        for (int n = 0; n < 4 && any; n++) {
            singles[n] = c.allocateLocal(TypeKind.FLOAT);
        }
    }

    private static void vote(int[] votes, int halves, int weight) {
        for (int n = 0; n < 32; n++) {
            votes[n] += (halves >>> n & 1) * weight;
        }
    }

    /** Whether the region has an SSE instruction that becomes bytecode. */
    boolean any() {
        return any;
    }

    private void check(int half, int set) {
        if ((set >>> half & 1) == 0) {
            throw new IllegalStateException("vector half " + half + " was not announced");
        }
    }

    private boolean isDouble(int half) {
        return (doubles >>> half & 1) != 0;
    }

    /** Pushes half {@code half} as a long. */
    void load(int half) {
        check(half, used);
        if (direct) {
            pushPlace(half);
            c.laload();
        } else if (isDouble(half)) {
            c.dload(locals[half]);
            toBits();
        } else {
            c.lload(locals[half]);
        }
    }

    /** Pops half {@code half} as a long. */
    void store(int half) {
        check(half, dirty);
        plain &= ~(1 << half);
        if (direct) {
            c.lstore(stored);
            pushPlace(half);
            c.lload(stored).lastore();
        } else if (isDouble(half)) {
            toDouble();
            c.dstore(locals[half]);
        } else {
            c.lstore(locals[half]);
        }
    }

    /** Pushes where the processor has half {@code half}. */
    private void pushPlace(int half) {
        c.aload(Emitter.CPU).getfield(Names.CPU, "xmm", Names.LONGS).loadConstant(index(half));
    }

    /** Pushes half {@code half} as a double. */
    void loadDouble(int half) {
        check(half, used);
        if (isDouble(half)) {
            c.dload(locals[half]);
        } else {
            load(half);
            toDouble();
        }
    }

    /** Pops half {@code half} as a double. */
    void storeDouble(int half) {
        check(half, dirty);
        plain &= ~(1 << half);
        if (isDouble(half)) {
            c.dstore(locals[half]);
        } else {
            toBits();
            store(half);
        }
    }

    void clear(int half) {
        check(half, dirty);
        if (isDouble(half)) {
            c.dconst_0().dstore(locals[half]);
        } else {
            c.lconst_0();
            store(half);
        }
        plain |= 1 << half;
    }

    void copy(int from, int to) {
        if (from == to) {
            return;
        }
        boolean known = plain(from);
        if (isDouble(to)) {
            loadDouble(from);
            storeDouble(to);
        } else {
            load(from);
            store(to);
        }
        if (known) {
            becomesPlain(to);
        }
    }

    /** Pushes the double whose bits are in local {@code n}. */
    void pushDouble(int n) {
        c.lload(n);
        toDouble();
    }

    void toDouble() {
        c.invokestatic(Names.DOUBLE, "longBitsToDouble", TO_DOUBLE);
    }

    void toBits() {
        c.invokestatic(Names.DOUBLE, "doubleToRawLongBits", TO_BITS);
    }

    /** Pops a long and pushes the float in its low part. */
    void toFloat() {
        c.l2i().invokestatic(Names.FLOAT, "intBitsToFloat", TO_FLOAT);
    }

    /** Pops a float and pushes its bits, zero-extended. */
    void floatBits() {
        c.invokestatic(Names.FLOAT, "floatToRawIntBits", FLOAT_BITS).i2l();
        c.loadConstant(0xffff_ffffL).land();
    }

    private static final MethodTypeDesc TO_FLOAT =
            MethodTypeDesc.of(ConstantDescs.CD_float, ConstantDescs.CD_int);
    private static final MethodTypeDesc FLOAT_BITS =
            MethodTypeDesc.of(ConstantDescs.CD_int, ConstantDescs.CD_float);
    private static final MethodTypeDesc TO_DOUBLE =
            MethodTypeDesc.of(ConstantDescs.CD_double, ConstantDescs.CD_long);
    private static final MethodTypeDesc TO_BITS =
            MethodTypeDesc.of(ConstantDescs.CD_long, ConstantDescs.CD_double);

    // ---- what is known -----------------------------------------------------------------------

    boolean plain(int half) {
        return (plain >>> half & 1) != 0;
    }

    void becomesPlain(int half) {
        plain |= 1 << half;
    }

    void begin(Unit u) {
        plain = flow.before(u);
    }

    // ---- between locals and the processor ----------------------------------------------------

    /** Writes the halves in {@code mask} back. */
    void spill(int mask) {
        for (int n = 0; n < 32; n++) {
            if (!direct && (dirty & mask & 1 << n) != 0) {
                c.aload(array).loadConstant(index(n));
                load(n);
                c.lastore();
            }
        }
    }

    /** Takes the halves in {@code mask} from the processor. */
    void reload(int mask) {
        plain &= ~mask;
        for (int n = 0; n < 32; n++) {
            if (!direct && (used & mask & 1 << n) != 0) {
                c.aload(array).loadConstant(index(n)).laload();
                if (isDouble(n)) {
                    toDouble();
                    c.dstore(locals[n]);
                } else {
                    c.lstore(locals[n]);
                }
            }
        }
    }

    /** Before the first unit of a run. */
    void wayIn() {
        if (any) {
            if (!direct) {
                c.aload(Emitter.CPU).getfield(Names.CPU, "xmm", Names.LONGS).astore(array);
            }
            readMode();
            reload(-1);
        }
    }

    /** Looks at the halves that a unit takes to be plain where it begins. */
    void checkEntries(List<Unit> entries) {
        int halves = 0;
        for (Unit u : entries) {
            halves |= flow.before(u);
        }
        look(halves);
    }

    /** Before {@code next}, where other code comes back to that was called. */
    void afterCall(Unit next) {
        if (any) {
            readMode();
            reload(-1);
            look(flow.before(next));
        }
    }

    /** Before {@code u} is left for other units. */
    void end(Unit u) {
        look(flow.after(u) & ~plain);
    }

    /** Goes on carefully if one of these is not plain. */
    private void look(int halves) {
        for (int n = 0; n < 32; n++) {
            if ((halves >>> n & 1) != 0) {
                c.iload(mode);
                loadDouble(n);
                c.invokestatic(Floating.NAME, "careful", Floating.WITH_ONE).istore(mode);
            }
        }
    }

    /** After an exact method for floats: takes notice of MXCSR. */
    void noteStatus() {
        c.aload(Emitter.CPU).iload(mode).dconst_0().dconst_0().dconst_0();
        c.invokestatic(Floating.NAME, "careful", Floating.WITH_THREE).istore(mode);
    }

    /**
     * After an exact method: takes notice of MXCSR, and whether the operands and the result in
     * these locals are plain.
     */
    void note(int resultLocal) {
        c.aload(Emitter.CPU).iload(mode).dload(first).dload(second).dload(resultLocal);
        c.invokestatic(Floating.NAME, "careful", Floating.WITH_THREE).istore(mode);
    }

    /** Takes notice that MXCSR or control registers may have changed. */
    void readMode() {
        plain = 0;
        c.aload(Emitter.CPU).invokestatic(Floating.NAME, "mode", Floating.MODE).istore(mode);
    }

    /** Pushes what {@link Floating#mode} said. */
    void mode() {
        c.iload(mode);
    }

    private static int index(int half) {
        return 4 * (half >>> 1) + (half & 1);
    }
}
