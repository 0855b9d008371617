package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;

/**
 * Writes the body of {@code Translation.run}: what the families of instructions share. Guest
 * registers are locals of the method, flags as long as their kind is known.
 *
 * <p>Wherever an instruction cannot finish it is left before it has changed anything: with the
 * state written back and RIP at it. Such a place is known by its <i>site</i>: bits 24 to 31 are the
 * instructions of its unit that have been charged and not run, bits 0 to 23 its signed offset.
 */
final class Emitter {
    // Parameters of run.
    private static final int THIS = 0;
    private static final int SESSION = 1;
    static final int CPU = 2;
    private static final int MMU = 3;
    static final int BASE = 4;
    private static final int ENTRY = 6;
    private static final int QUOTA = 7;

    final CodeBuilder c;
    final FlagState flags;
    final VectorRegisters x;

    private final int[] registers = new int[16];
    private int used;
    private int dirty;
    private final Map<Integer, Integer> segmentBases = new TreeMap<>();

    private final List<Runnable> rarely = new ArrayList<>();

    /** Local with {@code Cpu.r}. */
    private final int general;

    private final int done;
    private final int site;
    private final int rip;
    private final int vaddr;
    private final int stored;

    /** Local with the host address that {@link #prepareStore} found. */
    final int host;

    /** Locals for one instruction's use. */
    final int t1;

    final int t2;
    final int t3;

    private final Label begin;
    private final Label leave;
    private final Label exit;
    private final Label fault;
    private final Label endingFault;

    /** Where the units begin. */
    private final Label body;

    private boolean faults;
    private boolean endingFaults;

    private int currentSite;

    /** Whether guest registers stay in {@code Cpu.r}. */
    private final boolean direct;

    /** The class that is being written. */
    private final ClassDesc self;

    /**
     * @param used general registers that the code touches, as bits by number
     * @param dirty those that it may change
     * @param direct whether they stay in {@code Cpu.r}: slower, but compiled in a fraction of the
     *     time
     */
    Emitter(CodeBuilder c, ClassDesc self, int used, int dirty, boolean direct, Region region) {
        this.c = c;
        this.self = self;
        this.used = used;
        this.dirty = dirty;
        this.direct = direct;
        for (int n = 0; n < 16; n++) {
            registers[n] = !direct && (used >> n & 1) != 0 ? newLong() : -1;
        }
        general = c.allocateLocal(TypeKind.REFERENCE);
        done = c.allocateLocal(TypeKind.INT);
        site = c.allocateLocal(TypeKind.INT);
        rip = newLong();
        vaddr = newLong();
        stored = newLong();
        host = newLong();
        t1 = newLong();
        t2 = newLong();
        t3 = newLong();
        for (Unit u : region.units()) {
            for (Step s : u.steps()) {
                noteSegment(s.instruction());
            }
        }
        x = new VectorRegisters(c, region);
        flags = new FlagState(this, x.any());
        begin = c.newLabel();
        leave = c.newLabel();
        exit = c.newLabel();
        fault = c.newLabel();
        endingFault = c.newLabel();
        c.goto_(begin);
        body = c.newLabel();
        c.labelBinding(body);
    }

    /** Whether guest registers stay in {@code Cpu.r}. */
    boolean direct() {
        return direct;
    }

    int newLong() {
        return c.allocateLocal(TypeKind.LONG);
    }

    // ---- registers ---------------------------------------------------------------------------

    /** Pushes general register {@code n}. */
    void load(int n) {
        if ((used >> n & 1) == 0) {
            throw new IllegalStateException("register " + n + " was not announced");
        }
        if (direct) {
            c.aload(general).loadConstant(n).laload();
        } else {
            c.lload(registers[n]);
        }
    }

    /** Pops general register {@code n}, all 64 bits. */
    void store(int n) {
        if ((dirty >> n & 1) == 0) {
            throw new IllegalStateException("a change of register " + n + " was not announced");
        }
        if (direct) {
            c.lstore(stored).aload(general).loadConstant(n).lload(stored).lastore();
        } else {
            c.lstore(registers[n]);
        }
    }

    /** Pops the low {@code size} bytes of register operand {@code n}, as {@code i} names it. */
    void storePart(Instruction i, int n, int size) {
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
    void loadPart(Instruction i, int n, int size) {
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

    void mask32() {
        c.loadConstant(0xffff_ffffL).land();
    }

    /** Zero-extends the value on the stack from {@code size} bytes. */
    void zeroExtend(int size) {
        if (size < 8) {
            c.loadConstant(-1L >>> 64 - 8 * size).land();
        }
    }

    /** Sign-extends the value on the stack from {@code size} bytes. */
    void signExtend(int size) {
        switch (size) {
            case 1 -> c.l2i().i2b().i2l();
            case 2 -> c.l2i().i2s().i2l();
            case 4 -> c.l2i().i2l();
            default -> {}
        }
    }

    // ---- memory ------------------------------------------------------------------------------

    /** Pushes the offset that the memory operand of {@code i} names, cut to the address size. */
    void offset(Instruction i) {
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
    void address(Instruction i) {
        offset(i);
        addSegmentBase(i);
    }

    private void noteSegment(Instruction i) {
        if (i.segment == Segment.FS || i.segment == Segment.GS) {
            segmentBases.computeIfAbsent(i.segment, s -> newLong());
        }
    }

    /** Adds the base of the segment of the memory operand to the offset on the stack. */
    void addSegmentBase(Instruction i) {
        if (i.segment == Segment.FS || i.segment == Segment.GS) {
            c.lload(segmentBases.computeIfAbsent(i.segment, s -> newLong())).ladd();
        }
    }

    /** Pops a linear address and pushes the zero-extended {@code size} bytes there. */
    void read(int size) {
        if (direct) {
            noteSite();
            c.aload(MMU).invokestatic(Names.DIRECT, "load" + 8 * size, Names.DIRECT_LOAD);
            return;
        }
        c.lstore(vaddr);
        access(size, false);
        get(size);
    }

    /**
     * Pops a linear address, where the instruction stores {@code size} bytes and does nothing else
     * that may fail; pushes what {@link #write} wants below the value.
     */
    void prepareWrite(int size) {
        if (!direct) {
            c.lstore(vaddr);
            access(size, true);
        }
    }

    /** Pops a value and what {@link #prepareWrite} pushed, and stores. */
    void write(int size) {
        if (direct) {
            noteSite();
            c.aload(MMU).invokestatic(Names.DIRECT, "store" + 8 * size, Names.DIRECT_STORE);
        } else {
            put(size);
        }
    }

    /** Pops a linear address; leaves in local {@link #host} where to store {@code size} bytes. */
    void prepareStore(int size) {
        prepare(size, true);
    }

    /** Pops a linear address; leaves in local {@link #host} where to read {@code size} bytes. */
    void prepareLoad(int size) {
        prepare(size, false);
    }

    private void prepare(int size, boolean store) {
        if (direct) {
            noteSite();
            c.loadConstant(size).aload(MMU);
            c.invokestatic(Names.DIRECT, store ? "storable" : "loadable", Names.DIRECT_HOST);
        } else {
            c.lstore(vaddr);
            access(size, store);
        }
        c.lstore(host);
    }

    /** Says where to leave if the access that follows is refused. */
    private void noteSite() {
        faults = true;
        c.loadConstant(currentSite).istore(site);
    }

    /**
     * Pushes the host address of {@code size} bytes at local {@link #vaddr}; what the TLB does not
     * have is left to the interpreter. A call here would cost all registers of the host in every
     * loop (docs/decisions/0031).
     */
    private void access(int size, boolean store) {
        Label miss = c.newLabel();
        String kind = store ? "write" : "read";
        c.lload(vaddr);
        if (size > 1) {
            c.loadConstant((long) size - 1).ladd();
        }
        c.loadConstant(Pte.PAGE_MASK).land().aload(MMU).lload(vaddr);
        c.invokestatic(Names.PROBE, kind + "Tag", Names.PROBE_TYPE).lcmp().ifne(miss);
        c.lload(vaddr).aload(MMU).lload(vaddr);
        c.invokestatic(Names.PROBE, kind + "Addend", Names.PROBE_TYPE).ladd();
        int here = currentSite;
        rarely.add(() -> c.labelBinding(miss).loadConstant(here).goto_(leave));
    }

    /** Pops a host address and pushes the zero-extended {@code size} bytes there. */
    void get(int size) {
        c.invokestatic(Names.MEMORY, "get" + 8 * size, Names.GET);
    }

    /** Pops a host address and a value and stores its low {@code size} bytes. */
    void put(int size) {
        c.invokestatic(Names.MEMORY, "put" + 8 * size, Names.PUT);
    }

    /** Pushes the ModRM operand; anything may stand above {@code size} bytes. */
    void loadRm(Instruction i, int size) {
        if (i.memory()) {
            address(i);
            read(size);
        } else {
            loadPart(i, i.rm, size);
        }
    }

    // ---- leaving -----------------------------------------------------------------------------

    /** Says which instruction is being emitted. */
    void at(int offset, int notRun) {
        currentSite = site(offset, notRun);
    }

    static int site(int offset, int notRun) {
        return notRun << 24 | offset & 0xff_ffff;
    }

    /** The current instruction's site. */
    int here() {
        return currentSite;
    }

    /** Leaves before the instruction of {@code at}. */
    void leaveFrom(int at) {
        c.loadConstant(at).goto_(leave);
    }

    /** Leaves before the current instruction, which the interpreter then runs. */
    void leaveHere() {
        c.loadConstant(currentSite).goto_(leave);
    }

    /** Leaves before the current instruction if the int on the stack is not 0. */
    void leaveIfNotZero() {
        Label out = c.newLabel();
        int here = currentSite;
        c.ifne(out);
        rarely.add(() -> {
            c.labelBinding(out);
            c.loadConstant(here).goto_(leave);
        });
    }

    /** Goes to the dispatcher with RIP at {@code offset}. */
    void exitTo(int offset) {
        c.lload(BASE);
        if (offset != 0) {
            c.loadConstant((long) offset).ladd();
        }
        exit();
    }

    /** Goes to the dispatcher with RIP from the stack. */
    void exit() {
        c.lstore(rip).goto_(exit);
    }

    /** Charges {@code n} instructions. */
    void charge(int n) {
        c.iinc(done, n);
    }

    /** Emits {@code code} behind the units; it must not fall through. */
    void later(Runnable code) {
        rarely.add(code);
    }

    /** Goes to the dispatcher at {@code offset} if the quota is used up. */
    void poll(int offset) {
        Label over = c.newLabel();
        c.iload(done).iload(QUOTA).if_icmpge(over);
        rarely.add(() -> {
            c.labelBinding(over);
            exitTo(offset);
        });
    }

    // ---- operations of the interpreter -------------------------------------------------------

    /** Writes the registers in {@code mask} back to {@code Cpu.r}, as far as they are locals. */
    void spill(int mask) {
        for (int n = 0; n < 16; n++) {
            if (!direct && (dirty & mask & 1 << n) != 0) {
                c.aload(general).loadConstant(n).lload(registers[n]).lastore();
            }
        }
    }

    /** Takes the registers in {@code mask} from {@code Cpu.r}, as far as they are locals. */
    void reload(int mask) {
        for (int n = 0; n < 16; n++) {
            if (!direct && (used & mask & 1 << n) != 0) {
                c.aload(general).loadConstant(n).laload().lstore(registers[n]);
            }
        }
    }

    /**
     * Runs operation {@code field} of this class; the registers it reads are in {@code Cpu.r}. If
     * it faults the interpreter runs it again.
     */
    void execute(String field) {
        faults = true;
        execute(field, fault);
    }

    /**
     * As {@link #execute} for the last operation of a block, when all state is in the processor.
     */
    void executeLast(String field) {
        endingFaults = true;
        execute(field, endingFault);
    }

    private void execute(String field, Label handler) {
        Label from = c.newLabel();
        Label to = c.newLabel();
        c.loadConstant(currentSite).istore(site);
        c.labelBinding(from);
        c.getstatic(self, field, Names.OP).aload(CPU);
        c.invokevirtual(Names.OP, "execute", Names.EXECUTE);
        c.labelBinding(to);
        c.exceptionCatch(from, to, handler, Names.GUEST_FAULT);
    }

    /** Leaves at {@code offset} if this translation has become invalid. */
    void leaveIfStale(int offset, int notRun) {
        Label out = c.newLabel();
        c.aload(THIS).getfield(Names.TRANSLATION, "valid", CD_boolean).ifeq(out);
        rarely.add(() -> {
            c.labelBinding(out);
            c.loadConstant(site(offset, notRun)).goto_(leave);
        });
    }

    /** Adds what was charged to {@code Cpu.retired} and begins to charge anew. */
    void settle() {
        c.aload(CPU).dup().getfield(Names.CPU, "retired", CD_long);
        c.iload(done).i2l().ladd().putfield(Names.CPU, "retired", CD_long);
        c.iconst_0().istore(done);
    }

    /** Takes the bases of FS and GS anew. */
    void reloadSegmentBases() {
        segmentBases.forEach((segment, local) ->
                c.aload(general).loadConstant(Cpu.SEGMENT_BASE + segment).laload().lstore(local));
    }

    /** Goes to the dispatcher: all state is in place but what was charged. */
    void returnSettled() {
        c.loadConstant(GuestCode.LOOK).ireturn();
    }

    // ---- calls -------------------------------------------------------------------------------

    /**
     * Pops the address of code in other regions that the guest calls, and goes on at {@code next}
     * when it is back; the return address is on the guest's stack.
     */
    void call(Unit next, Label there) {
        Label out = c.newLabel();
        c.lstore(rip);
        spill(dirty);
        x.spill(-1);
        flags.settleComparisons();
        c.aload(SESSION).lload(rip);
        c.lload(BASE).loadConstant((long) next.offset()).ladd();
        c.iload(done).iload(ENTRY).aload(THIS);
        c.invokevirtual(Names.SESSION, "call", Names.CALL);
        c.dup().istore(QUOTA).iflt(out);
        c.iconst_0().istore(done);
        setBlock();
        reload(used);
        reloadSegmentBases();
        x.afterCall(next);
        c.goto_(there);
        rarely.add(() -> {
            c.labelBinding(out);
            c.iload(QUOTA).iconst_m1().ixor().ireturn();
        });
    }

    // ---- the end -----------------------------------------------------------------------------

    /** Writes what comes behind the units: rare paths, the way out, the way in. */
    void finish(List<Label> entries, List<Unit> units) {
        for (int n = 0; n < rarely.size(); n++) {
            rarely.get(n).run();
        }
        Label end = c.newLabel();
        c.labelBinding(end);
        wayOut();
        if (faults && direct) {
            c.exceptionCatch(body, end, fault, Names.GUEST_FAULT);
        }
        if (faults) {
            c.labelBinding(fault).pop().iload(site).goto_(leave);
        }
        if (endingFaults) {
            afterEndingFault();
        }
        wayIn(entries, units);
    }

    private void wayOut() {
        int status = c.allocateLocal(TypeKind.INT);
        Label write = c.newLabel();
        c.labelBinding(leave).istore(site);
        locateSite();
        c.iconst_1().istore(status).goto_(write);
        c.labelBinding(exit).iconst_0().istore(status);
        c.labelBinding(write);
        spill(dirty);
        x.spill(-1);
        flags.settleFloats();
        writeRip();
        settle();
        c.iload(status).ireturn();
    }

    /** Takes back what was charged and not run, and computes RIP. */
    private void locateSite() {
        c.iload(done).iload(site).loadConstant(24).iushr().isub().istore(done);
        c.lload(BASE).iload(site).loadConstant(8).ishl().loadConstant(8).ishr().i2l().ladd();
        c.lstore(rip);
    }

    /** Operations of the interpreter count addresses from here. */
    private void setBlock() {
        c.aload(general).loadConstant(Cpu.BLOCK).lload(BASE).lastore();
    }

    private void writeRip() {
        c.aload(CPU).lload(rip).putfield(Names.CPU, "rip", CD_long);
    }

    private void afterEndingFault() {
        c.labelBinding(endingFault).pop();
        locateSite();
        writeRip();
        settle();
        c.iconst_1().ireturn();
    }

    private void wayIn(List<Label> entries, List<Unit> units) {
        c.labelBinding(begin);
        c.aload(CPU).getfield(Names.CPU, "r", Names.LONGS).astore(general);
        reload(used);
        reloadSegmentBases();
        x.wayIn();
        x.checkEntries(units);
        c.iconst_0().istore(done);
        if (direct) {
            c.iconst_0().istore(site);
        }
        setBlock();
        if (entries.size() == 1) {
            c.goto_(entries.get(0));
            return;
        }
        c.iload(ENTRY).loadConstant((1 << GuestCode.ENTRY_BITS) - 1).iand();
        if (direct) {
            int number = c.allocateLocal(TypeKind.INT);
            c.istore(number);
            halve(entries, 0, number);
        } else {
            choose(entries);
        }
    }

    /** Goes to the entry whose number is on the stack. */
    private void choose(List<Label> entries) {
        List<SwitchCase> cases = new ArrayList<>();
        for (int n = 0; n < entries.size(); n++) {
            cases.add(SwitchCase.of(n, entries.get(n)));
        }
        c.tableswitch(0, entries.size() - 1, entries.get(0), cases);
    }

    /**
     * Goes to the entry whose number is in local {@code number}: one of {@code entries}, the first
     * of which is number {@code first}. HotSpot's first compiler would try one after another.
     */
    private void halve(List<Label> entries, int first, int number) {
        int half = entries.size() / 2;
        if (half == 0) {
            c.goto_(entries.get(0));
            return;
        }
        Label upper = c.newLabel();
        c.iload(number).loadConstant(first + half).if_icmpge(upper);
        halve(entries.subList(0, half), first, number);
        c.labelBinding(upper);
        halve(entries.subList(half, entries.size()), first + half, number);
    }

    // ---- for the families --------------------------------------------------------------------

    /** Pushes an {@code int} field of the processor. */
    void cpuInt(String field) {
        c.aload(CPU).getfield(Names.CPU, field, CD_int);
    }
}
