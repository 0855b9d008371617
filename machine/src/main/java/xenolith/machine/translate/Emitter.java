package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.util.ArrayList;
import java.util.List;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;

/**
 * Writes the body of {@code Translation.run}: what the families of instructions share. Where the
 * guest's registers are and how memory is accessed differs between code for HotSpot's second
 * compiler ({@link HotEmitter}) and for its first one ({@link WarmEmitter}).
 *
 * <p>Wherever an instruction cannot finish it is left before it has changed anything: with all
 * state in the processor and RIP at it. Such a place is known by its <i>site</i>: bits 25 to 31 are
 * the instructions of its unit that have been charged and not run, bits 0 to 24 its signed offset.
 */
abstract sealed class Emitter permits HotEmitter, WarmEmitter {
    // Parameters of run.
    static final int THIS = 0;
    static final int SESSION = 1;
    static final int CPU = 2;
    static final int BASE = 3;
    static final int ENTRY = 5;
    static final int QUOTA = 6;

    /** Bits of a site that are the offset: enough for a kernel of 16 MiB. */
    static final int OFFSET_BITS = 25;

    final CodeBuilder c;
    final FlagState flags;
    final VectorRegisters x;

    /** General registers that the code touches, and those that it may change, by number. */
    final int used;

    final int dirty;

    /** The class that is being written. */
    private final ClassDesc self;

    private final List<Runnable> rarely = new ArrayList<>();

    final int rip;

    /** Local with the host address that {@link #prepareStore} found. */
    final int host;

    /** Locals for one instruction's use. */
    final int t1;

    final int t2;
    final int t3;

    /** Leaves, with the site on the stack. */
    final Label leave;

    /** Ends, with local {@link #rip} set. */
    final Label exit;

    private int currentSite;

    Emitter(CodeBuilder c, ClassDesc self, int used, int dirty, boolean direct, Region region) {
        this.c = c;
        this.self = self;
        this.used = used;
        this.dirty = dirty;
        rip = newLong();
        host = newLong();
        t1 = newLong();
        t2 = newLong();
        t3 = newLong();
        x = new VectorRegisters(c, region, direct);
        flags = new FlagState(this, direct);
        leave = c.newLabel();
        exit = c.newLabel();
    }

    final int newLong() {
        return c.allocateLocal(TypeKind.LONG);
    }

    /** Whether all state of the guest stays in the processor, for HotSpot's first compiler. */
    abstract boolean direct();

    // ---- registers ---------------------------------------------------------------------------

    /** Pushes general register {@code n}. */
    final void load(int n) {
        if ((used >> n & 1) == 0) {
            throw new IllegalStateException("register " + n + " was not announced");
        }
        loadRegister(n);
    }

    /** Pops general register {@code n}, all 64 bits. */
    final void store(int n) {
        if ((dirty >> n & 1) == 0) {
            throw new IllegalStateException("a change of register " + n + " was not announced");
        }
        storeRegister(n);
    }

    abstract void loadRegister(int n);

    abstract void storeRegister(int n);

    /** Pushes what the processor has as register {@code n}. */
    final void loadField(int n) {
        c.aload(CPU).getfield(Names.CPU, Cpu.name(n), CD_long);
    }

    /** Gives the processor local {@code local} as register {@code n}. */
    final void storeField(int n, int local) {
        c.aload(CPU).lload(local).putfield(Names.CPU, Cpu.name(n), CD_long);
    }

    /** Pops the low {@code size} bytes of register operand {@code n}, as {@code i} names it. */
    final void storePart(Instruction i, int n, int size) {
        switch (size) {
            case 8 -> store(n);
            case 4 -> {
                mask32();
                store(n);
            }
            default -> merge(high(i, n, size) ? n - 4 : n, size, high(i, n, size) ? 8 : 0);
        }
    }

    private void merge(int n, int size, int position) {
        long mask = size == 1 ? 0xff : 0xffff;
        c.loadConstant(mask).land();
        if (position != 0) {
            c.loadConstant(position).lshl();
        }
        load(n);
        c.loadConstant(~(mask << position)).land().lor();
        store(n);
    }

    /** Pushes register operand {@code n}: anything may stand above {@code size} bytes. */
    final void loadPart(Instruction i, int n, int size) {
        if (high(i, n, size)) {
            load(n - 4);
            c.loadConstant(8).lushr();
        } else {
            load(n);
        }
    }

    private static boolean high(Instruction i, int n, int size) {
        return size == 1 && i.rex == 0 && n >= 4 && n < 8;
    }

    final void mask32() {
        c.loadConstant(0xffff_ffffL).land();
    }

    /** Zero-extends the value on the stack from {@code size} bytes. */
    final void zeroExtend(int size) {
        if (size < 8) {
            c.loadConstant(-1L >>> 64 - 8 * size).land();
        }
    }

    /** Sign-extends the value on the stack from {@code size} bytes. */
    final void signExtend(int size) {
        switch (size) {
            case 1 -> c.l2i().i2b().i2l();
            case 2 -> c.l2i().i2s().i2l();
            case 4 -> c.l2i().i2l();
            default -> {}
        }
    }

    // ---- memory ------------------------------------------------------------------------------

    /** Pushes the offset that the memory operand of {@code i} names, cut to the address size. */
    final void offset(Instruction i) {
        boolean empty = true;
        if (i.base == Instruction.RIP) {
            c.lload(BASE);
            empty = false;
        } else if (i.base != Instruction.NONE) {
            load(i.base);
            empty = false;
        }
        if (i.index != Instruction.NONE) {
            load(i.index);
            if (i.scale != 0) {
                c.loadConstant(i.scale).lshl();
            }
            if (!empty) {
                c.ladd();
            }
            empty = false;
        }
        if (empty) {
            c.loadConstant(i.displacement);
        } else if (i.displacement != 0) {
            c.loadConstant(i.displacement).ladd();
        }
        if (i.addressSize == 4) {
            mask32();
        }
    }

    /** Pushes the linear address of the memory operand. */
    final void address(Instruction i) {
        offset(i);
        addSegmentBase(i);
    }

    /** Adds the base of the segment of the memory operand to the offset on the stack. */
    final void addSegmentBase(Instruction i) {
        if (based(i)) {
            loadSegmentBase(i.segment);
            c.ladd();
        }
    }

    /** Whether the base of the operand's segment counts in 64-bit mode. */
    static boolean based(Instruction i) {
        return i.segment == Segment.FS || i.segment == Segment.GS;
    }

    abstract void loadSegmentBase(int segment);

    /** Takes the bases of FS and GS anew. */
    abstract void reloadSegmentBases();

    /** Pops a linear address and pushes the zero-extended {@code size} bytes there. */
    abstract void read(int size);

    /**
     * Pops a linear address, where the instruction stores {@code size} bytes and does nothing else
     * that may fail; pushes what {@link #write} wants below the value.
     */
    abstract void prepareWrite(int size);

    /** Pops a value and what {@link #prepareWrite} pushed, and stores. */
    abstract void write(int size);

    /** Pops a linear address; leaves in local {@link #host} where to store {@code size} bytes. */
    abstract void prepareStore(int size);

    /** Pops a linear address; leaves in local {@link #host} where to read {@code size} bytes. */
    abstract void prepareLoad(int size);

    /** Pushes on the guest's stack what {@code value} pushes, which must not touch memory. */
    abstract void pushGuest(Runnable value);

    /** Pushes what it pops from the guest's stack. */
    abstract void popGuest();

    /**
     * Pops a return address into local {@link #t1}, and {@code released} bytes more; leaves if it
     * is not canonical.
     */
    abstract void popTarget(long released);

    /** Leaves if the address in local {@link #t1} is not canonical. */
    abstract void checkTarget();

    /** Pops a host address and pushes the zero-extended {@code size} bytes there. */
    final void get(int size) {
        c.invokestatic(Names.MEMORY, "get" + 8 * size, Names.GET);
    }

    /** Pops a host address and a value and stores its low {@code size} bytes. */
    final void put(int size) {
        c.invokestatic(Names.MEMORY, "put" + 8 * size, Names.PUT);
    }

    /** Pushes the ModRM operand; anything may stand above {@code size} bytes. */
    final void loadRm(Instruction i, int size) {
        if (i.memory()) {
            address(i);
            read(size);
        } else {
            loadPart(i, i.rm, size);
        }
    }

    // ---- leaving -----------------------------------------------------------------------------

    /** Says which instruction is being emitted. */
    final void at(int offset, int notRun) {
        currentSite = site(offset, notRun);
    }

    static int site(int offset, int notRun) {
        return notRun << OFFSET_BITS | offset & (1 << OFFSET_BITS) - 1;
    }

    /** Instructions that were charged and not run at {@code site}. */
    static int notRun(int site) {
        return site >>> OFFSET_BITS;
    }

    /** The offset of {@code site}. */
    static int offset(int site) {
        return site << 32 - OFFSET_BITS >> 32 - OFFSET_BITS;
    }

    /** The current instruction's site. */
    final int here() {
        return currentSite;
    }

    /** Leaves before the instruction of {@code at}. */
    final void leaveFrom(int at) {
        c.loadConstant(at).goto_(leave);
    }

    /** Leaves before the current instruction, which the interpreter then runs. */
    final void leaveHere() {
        leaveFrom(currentSite);
    }

    /** Leaves before the current instruction if the int on the stack is not 0. */
    final void leaveIfNotZero() {
        Label out = c.newLabel();
        int here = currentSite;
        c.ifne(out);
        later(() -> {
            c.labelBinding(out);
            leaveFrom(here);
        });
    }

    /** Leaves at {@code offset} if this translation has become invalid. */
    final void leaveIfStale(int offset, int notRun) {
        Label out = c.newLabel();
        c.aload(THIS).getfield(Names.TRANSLATION, "valid", CD_boolean).ifeq(out);
        later(() -> {
            c.labelBinding(out);
            leaveFrom(site(offset, notRun));
        });
    }

    /** Goes to the dispatcher with RIP at {@code offset}. */
    final void exitTo(long offset) {
        pushLinear(offset);
        exit();
    }

    /** Pushes the linear address of {@code offset}. */
    final void pushLinear(long offset) {
        c.lload(BASE);
        if (offset != 0) {
            c.loadConstant(offset).ladd();
        }
    }

    /** Goes to the dispatcher with RIP from the stack. */
    final void exit() {
        c.lstore(rip).goto_(exit);
    }

    /** Emits {@code code} behind the units; it must not fall through. */
    final void later(Runnable code) {
        rarely.add(code);
    }

    /** Goes to the dispatcher: all state is in place but what was charged. */
    final void returnSettled() {
        c.loadConstant(GuestCode.LOOK).ireturn();
    }

    /** Charges {@code n} instructions. */
    abstract void charge(int n);

    /** Has the processor count all that was charged. */
    abstract void settle();

    /**
     * Goes back to {@code there}, or to the dispatcher at {@code offset} if the quota is used up.
     */
    abstract void goBack(int offset, Label there);

    // ---- operations of the interpreter -------------------------------------------------------

    /** Gives the processor the registers in {@code mask}. */
    abstract void spill(int mask);

    /** Takes the registers in {@code mask} from the processor. */
    abstract void reload(int mask);

    /**
     * Runs operation {@code field} of this class; the registers it reads are in the processor. If
     * it faults the interpreter runs it again.
     */
    abstract void execute(String field);

    /**
     * As {@link #execute} for the last operation of a block, when all state is in the processor.
     */
    abstract void executeLast(String field);

    /** Calls operation {@code field}. */
    final void callOperation(String field) {
        c.getstatic(self, field, Names.OP).aload(CPU);
        c.invokevirtual(Names.OP, "execute", Names.EXECUTE);
    }

    /**
     * Pops the address of code in other regions that the guest calls, and goes on at {@code next}
     * when it is back; the return address is on the guest's stack.
     */
    final void call(Unit next, Label there) {
        Label out = c.newLabel();
        c.lstore(rip);
        spill(dirty);
        x.spill(-1);
        flags.settle();
        settle();
        c.aload(SESSION).lload(rip);
        pushLinear(next.offset());
        c.iload(ENTRY).aload(THIS);
        c.invokevirtual(Names.SESSION, "call", Names.CALL);
        c.dup().istore(QUOTA).iflt(out);
        setBlock();
        reload(used);
        reloadSegmentBases();
        flags.reload();
        x.afterCall(next);
        c.goto_(there);
        later(() -> {
            c.labelBinding(out);
            c.iload(QUOTA).iconst_m1().ixor().ireturn();
        });
    }

    // ---- beginning and end -------------------------------------------------------------------

    /**
     * Writes what comes before the units.
     *
     * @param entries where the region may be entered, by number
     * @param units the same
     */
    abstract void begin(List<Label> entries, List<Unit> units);

    /** Writes what comes behind the units. */
    abstract void finish(List<Label> entries, List<Unit> units);

    /** Writes the code that was put off. */
    final void emitRarely() {
        // It may put off more.
        for (int n = 0; n < rarely.size(); n++) {
            rarely.get(n).run();
        }
    }

    /** Operations of the interpreter count addresses from here. */
    final void setBlock() {
        storeField(Cpu.BLOCK, BASE);
    }

    final void writeRip() {
        c.aload(CPU).lload(rip).putfield(Names.CPU, "rip", CD_long);
    }

    /** Pushes the number of the entry that is wanted. */
    final void pushEntry() {
        c.iload(ENTRY).loadConstant((1 << GuestCode.ENTRY_BITS) - 1).iand();
    }

    /** Pushes an {@code int} field of the processor. */
    final void cpuInt(String field) {
        c.aload(CPU).getfield(Names.CPU, field, CD_int);
    }
}
