package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import xenolith.machine.decode.Instruction;

/** Moves, shuffles, logic and packed integers of XMM registers. */
final class VectorFamily {
    private static final MethodTypeDesc SHUFFLE =
            MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_int);
    private static final MethodTypeDesc SHUFFLE_WORDS = MethodTypeDesc.of(CD_long, CD_long, CD_int);
    private static final MethodTypeDesc SHUFFLE_BYTES =
            MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long);
    private static final MethodTypeDesc ALIGN =
            MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long, CD_long, CD_int);

    private final Emitter e;
    private final CodeBuilder c;
    private final VectorRegisters x;
    private final Instruction i;
    private final VectorForm f;
    private final int reg;
    private final int rm;

    private VectorFamily(Emitter e, Instruction i, VectorForm f) {
        this.e = e;
        this.c = e.c;
        this.x = e.x;
        this.i = i;
        this.f = f;
        this.reg = 2 * i.reg;
        this.rm = 2 * i.rm;
    }

    static void emit(Emitter e, Instruction i, VectorForm f) {
        new VectorFamily(e, i, f).emit();
    }

    private int immediate() {
        return (int) i.immediate & 0xff;
    }

    private void emit() {
        switch (f.shape()) {
            case LOAD, STORE, LOAD_LOW, STORE_LOW, MERGE_LOW, LOAD_ZERO, STORE_ZERO -> move();
            case LOAD_HALF, STORE_HALF, COPY_HALF, DUPLICATE, FROM_GENERAL, TO_GENERAL ->
                    partialMove();
            case CLEAR -> {
                x.clear(reg);
                x.clear(reg + 1);
            }
            case SIGNS -> signs();
            case TEST -> test();
            case SHIFT_IMMEDIATE -> {
                shiftImmediate(rm);
                shiftImmediate(rm + 1);
            }
            case SHIFT_BYTES -> shiftBytes(Math.min(immediate(), 16));
            default -> {
                source(e, i, f);
                twoOperands();
            }
        }
    }

    // ---- memory ------------------------------------------------------------------------------

    /** Takes a memory operand of 4, 8 or 16 bytes into the locals low and high. */
    static void source(Emitter e, Instruction i, VectorForm f) {
        if (!i.memory()) {
            return;
        }
        if (f.size() < 16) {
            e.address(i);
            e.read(f.size());
            e.c.lstore(e.x.low);
            return;
        }
        address16(e, i, f.aligned());
        e.prepareLoad(16);
        e.c.lload(e.host);
        e.get(8);
        e.c.lstore(e.x.low).lload(e.host).loadConstant(8L).ladd();
        e.get(8);
        e.c.lstore(e.x.high);
    }

    /** Pushes the address of 16 bytes; the interpreter has those that are not aligned. */
    private static void address16(Emitter e, Instruction i, boolean aligned) {
        e.address(i);
        if (aligned) {
            e.c.dup2().lstore(e.t1).l2i().loadConstant(15).iand();
            e.leaveIfNotZero();
            e.c.lload(e.t1);
        }
    }

    /** Pushes half {@code half} of the source. */
    private void pushSource(int half) {
        if (i.memory()) {
            c.lload(half == 0 ? x.low : x.high);
        } else {
            x.load(rm + half);
        }
    }

    private void prepareStore() {
        address16(e, i, f.aligned());
        e.prepareStore(f.size());
    }

    private void put(int size, int half) {
        c.lload(e.host);
        if (size == 16) {
            x.load(half);
            e.put(8);
            c.lload(e.host).loadConstant(8L).ladd();
            x.load(half + 1);
            e.put(8);
        } else {
            x.load(half);
            e.put(size);
        }
    }

    // ---- moves -------------------------------------------------------------------------------

    private void move() {
        switch (f.shape()) {
            case LOAD -> {
                if (i.memory()) {
                    load();
                } else {
                    copyBoth(rm, reg);
                }
            }
            case STORE -> {
                if (i.memory()) {
                    prepareStore();
                    put(16, reg);
                } else {
                    copyBoth(reg, rm);
                }
            }
            case STORE_LOW -> {
                prepareStore();
                put(f.size(), reg);
            }
            case LOAD_LOW -> loadLow();
            case LOAD_ZERO -> {
                if (i.memory()) {
                    loadLow();
                } else {
                    x.copy(rm, reg);
                    x.clear(reg + 1);
                }
            }
            case STORE_ZERO -> {
                x.copy(reg, rm);
                x.clear(rm + 1);
            }
            default -> mergeLow(i.opcode == 0x10 ? rm : reg, i.opcode == 0x10 ? reg : rm);
        }
    }

    private void load() {
        source(e, i, f);
        c.lload(x.low);
        x.store(reg);
        c.lload(x.high);
        x.store(reg + 1);
    }

    private void loadLow() {
        source(e, i, f);
        c.lload(x.low);
        x.store(reg);
        x.clear(reg + 1);
    }

    private void copyBoth(int from, int to) {
        x.copy(from, to);
        x.copy(from + 1, to + 1);
    }

    private void mergeLow(int from, int to) {
        if (f.size() == 8) {
            x.copy(from, to);
            return;
        }
        x.load(from);
        e.mask32();
        x.load(to);
        c.loadConstant(~0xffff_ffffL).land().lor();
        x.store(to);
    }

    private void partialMove() {
        switch (f.shape()) {
            case LOAD_HALF -> {
                source(e, i, f);
                c.lload(x.low);
                x.store(reg + f.half());
            }
            case STORE_HALF -> {
                prepareStore();
                put(8, reg + f.half());
            }
            case COPY_HALF -> x.copy(rm + 1 - f.half(), reg + f.half());
            case DUPLICATE -> duplicate();
            case FROM_GENERAL -> {
                e.load(i.rm);
                e.zeroExtend(f.size());
                x.store(reg);
                x.clear(reg + 1);
            }
            default -> {
                x.load(reg);
                e.zeroExtend(f.size());
                e.store(i.rm);
            }
        }
    }

    private void duplicate() {
        if (i.memory()) {
            source(e, i, f);
            c.lload(x.low);
            x.store(reg);
        } else {
            x.copy(rm, reg);
        }
        x.copy(reg, reg + 1);
    }

    // ---- to general registers and flags ------------------------------------------------------

    private void signs() {
        x.load(rm);
        switch (f.size()) {
            case 8 -> {
                c.loadConstant(63).lushr();
                x.load(rm + 1);
                c.loadConstant(63).lushr().loadConstant(1).lshl().lor();
            }
            default -> {
                x.load(rm + 1);
                String name = f.size() == 1 ? "byteSigns" : "singleSigns";
                c.invokestatic(VectorMeaning.NAME, name, Names.LONG_LONG);
            }
        }
        e.store(i.reg);
    }

    private void test() {
        source(e, i, f);
        both(false);
        c.lstore(e.t1);
        both(true);
        c.lload(e.t1);
        c.invokestatic(VectorMeaning.NAME, "tested", Names.LONG_LONG);
        c.lload(e.t1);
        c.invokestatic(VectorMeaning.NAME, "zeroOrOne", VectorMeaning.ONE);
        e.flags.setBoth();
    }

    /** Pushes the OR of both halves of source AND destination, or source AND NOT destination. */
    private void both(boolean complement) {
        for (int half = 0; half < 2; half++) {
            pushSource(half);
            x.load(reg + half);
            if (complement) {
                c.loadConstant(-1L).lxor();
            }
            c.land();
        }
        c.lor();
    }

    // ---- shifts ------------------------------------------------------------------------------

    private void shiftImmediate(int half) {
        x.load(half);
        c.loadConstant((long) immediate());
        c.invokestatic(VectorNames.LANES, f.name(), Names.LONG_LONG);
        x.store(half);
    }

    private void shiftBytes(int bytes) {
        boolean left = f.half() == 1;
        c.lconst_0().lstore(x.low);
        x.load(rm);
        c.lstore(e.t1);
        x.load(rm + 1);
        c.lstore(e.t2);
        // Bytes of the register with as many zeros on one side.
        int at = left ? 16 - bytes : bytes;
        for (int half = 0; half < 2; half++) {
            if (left) {
                c.lload(x.low).lload(x.low).lload(e.t1).lload(e.t2);
            } else {
                c.lload(e.t1).lload(e.t2).lload(x.low).lload(x.low);
            }
            c.loadConstant(at + 8 * half);
            c.invokestatic(VectorNames.ARRANGE, "palignr", ALIGN);
            x.store(rm + half);
        }
    }

    // ---- two operands ------------------------------------------------------------------------

    /** Pops both halves of the result, the high one first. */
    private void storeResult() {
        x.store(reg + 1);
        x.store(reg);
    }

    private void twoOperands() {
        switch (f.shape()) {
            case HALVES -> halves();
            case FOLD -> {
                x.load(reg);
                x.load(reg + 1);
                c.invokestatic(VectorNames.ARRANGE, f.name(), Names.LONG_LONG);
                pushSource(0);
                pushSource(1);
                c.invokestatic(VectorNames.ARRANGE, f.name(), Names.LONG_LONG);
                storeResult();
            }
            case INTERLEAVE -> {
                interleave("punpckl");
                interleave("punpckh");
                storeResult();
            }
            case UNPACK -> unpack();
            case SHIFT -> shift();
            default -> shuffle();
        }
    }

    private void halves() {
        for (int half = 0; half < 2; half++) {
            x.load(reg + half);
            pushSource(half);
            switch (f.name()) {
                case "pand" -> c.land();
                case "por" -> c.lor();
                case "pxor" -> c.lxor();
                case "paddq" -> c.ladd();
                case "psubq" -> c.lsub();
                default -> c.invokestatic(VectorNames.owner(f.name()), f.name(), Names.LONG_LONG);
            }
            x.store(reg + half);
        }
    }

    private void interleave(String prefix) {
        x.load(reg + f.half());
        pushSource(f.half());
        c.invokestatic(VectorNames.ARRANGE, prefix + f.name(), Names.LONG_LONG);
    }

    /** PUNPCKLQDQ and its kin: the doubles stay doubles. */
    private void unpack() {
        if (i.memory()) {
            if (f.half() == 1) {
                x.copy(reg + 1, reg);
            }
            c.lload(f.half() == 0 ? x.low : x.high);
            x.store(reg + 1);
        } else if (f.half() == 0) {
            x.copy(rm, reg + 1);
        } else {
            x.copy(reg + 1, reg);
            x.copy(rm + 1, reg + 1);
        }
    }

    private void shift() {
        pushSource(0);
        c.lstore(e.t1);
        for (int half = 0; half < 2; half++) {
            x.load(reg + half);
            c.lload(e.t1);
            c.invokestatic(VectorNames.LANES, f.name(), Names.LONG_LONG);
            x.store(reg + half);
        }
    }

    private void shuffle() {
        int order = immediate();
        switch (f.shape()) {
            case SHUFFLE_DOUBLEWORDS -> {
                doublewords(order, true);
                doublewords(order >>> 4, true);
                storeResult();
            }
            case SHUFFLE_SINGLES -> {
                doublewords(order, false);
                doublewords(order >>> 4, true);
                storeResult();
            }
            case SHUFFLE_DOUBLES -> {
                x.load(reg + (order & 1));
                pushSource(order >>> 1 & 1);
                storeResult();
            }
            case SHUFFLE_WORDS -> {
                pushSource(f.half());
                c.loadConstant(order);
                c.invokestatic(VectorNames.ARRANGE, "pshufw", SHUFFLE_WORDS);
                c.lstore(e.t1);
                pushSource(1 - f.half());
                x.store(reg + 1 - f.half());
                c.lload(e.t1);
                x.store(reg + f.half());
            }
            case SHUFFLE_BYTES -> {
                shuffleBytes(0);
                shuffleBytes(1);
                storeResult();
            }
            default -> {
                align(order);
                align(order + 8);
                storeResult();
            }
        }
    }

    private void doublewords(int order, boolean fromSource) {
        for (int half = 0; half < 2; half++) {
            if (fromSource) {
                pushSource(half);
            } else {
                x.load(reg + half);
            }
        }
        c.loadConstant(order & 15);
        c.invokestatic(VectorNames.ARRANGE, "doublewords", SHUFFLE);
    }

    private void shuffleBytes(int half) {
        x.load(reg);
        x.load(reg + 1);
        pushSource(half);
        c.invokestatic(VectorNames.ARRANGE, "pshufb", SHUFFLE_BYTES);
    }

    private void align(int at) {
        pushSource(0);
        pushSource(1);
        x.load(reg);
        x.load(reg + 1);
        c.loadConstant(at);
        c.invokestatic(VectorNames.ARRANGE, "palignr", ALIGN);
    }
}
