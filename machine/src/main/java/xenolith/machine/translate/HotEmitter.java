package xenolith.machine.translate;

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

/**
 * Code for HotSpot's second compiler: guest registers are locals of the method, flags as long as
 * their kind is known, and the TLB is looked at without a call.
 */
final class HotEmitter extends Emitter {
    private final int[] registers = new int[16];
    private final Map<Integer, Integer> segmentBases = new TreeMap<>();
    private final int done;
    private final int site;
    private final int vaddr;
    private final int mmu;
    private final Label begin;
    private final Label fault;
    private final Label endingFault;
    private boolean faults;
    private boolean endingFaults;

    /**
     * @param used general registers that the code touches, as bits by number
     * @param dirty those that it may change
     */
    HotEmitter(CodeBuilder c, ClassDesc self, int used, int dirty, Region region) {
        super(c, self, used, dirty, false, region);
        for (int n = 0; n < 16; n++) {
            registers[n] = (used >> n & 1) != 0 ? newLong() : -1;
        }
        done = c.allocateLocal(TypeKind.INT);
        site = c.allocateLocal(TypeKind.INT);
        vaddr = newLong();
        mmu = c.allocateLocal(TypeKind.REFERENCE);
        for (Unit u : region.units()) {
            for (Step s : u.steps()) {
                if (based(s.instruction())) {
                    segmentBases.computeIfAbsent(s.instruction().segment, n -> newLong());
                }
            }
        }
        begin = c.newLabel();
        fault = c.newLabel();
        endingFault = c.newLabel();
    }

    @Override
    boolean direct() {
        return false;
    }

    // ---- registers ---------------------------------------------------------------------------

    @Override
    void loadRegister(int n) {
        c.lload(registers[n]);
    }

    @Override
    void storeRegister(int n) {
        c.lstore(registers[n]);
    }

    @Override
    void spill(int mask) {
        for (int n = 0; n < 16; n++) {
            if ((dirty & mask & 1 << n) != 0) {
                storeField(n, registers[n]);
            }
        }
    }

    @Override
    void reload(int mask) {
        for (int n = 0; n < 16; n++) {
            if ((used & mask & 1 << n) != 0) {
                loadField(n);
                c.lstore(registers[n]);
            }
        }
    }

    @Override
    void loadSegmentBase(int segment) {
        c.lload(segmentBases.computeIfAbsent(segment, s -> newLong()));
    }

    @Override
    void reloadSegmentBases() {
        segmentBases.forEach((segment, local) -> {
            loadField(Cpu.SEGMENT_BASE + segment);
            c.lstore(local);
        });
    }

    // ---- memory ------------------------------------------------------------------------------

    @Override
    void read(int size) {
        c.lstore(vaddr);
        access(size, false);
        get(size);
    }

    @Override
    void prepareWrite(int size) {
        c.lstore(vaddr);
        access(size, true);
    }

    @Override
    void write(int size) {
        put(size);
    }

    @Override
    void prepareStore(int size) {
        prepareWrite(size);
        c.lstore(host);
    }

    @Override
    void prepareLoad(int size) {
        c.lstore(vaddr);
        access(size, false);
        c.lstore(host);
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
        c.loadConstant(Pte.PAGE_MASK).land().aload(mmu).lload(vaddr);
        c.invokestatic(Names.PROBE, kind + "Tag", Names.PROBE_TYPE).lcmp().ifne(miss);
        c.lload(vaddr).aload(mmu).lload(vaddr);
        c.invokestatic(Names.PROBE, "addend", Names.PROBE_TYPE).ladd();
        int here = here();
        later(() -> {
            c.labelBinding(miss);
            leaveFrom(here);
        });
    }

    @Override
    void pushGuest(Runnable value) {
        load(Cpu.RSP);
        c.loadConstant(-8L).ladd();
        prepareWrite(8);
        value.run();
        write(8);
        load(Cpu.RSP);
        c.loadConstant(-8L).ladd();
        store(Cpu.RSP);
    }

    @Override
    void popGuest() {
        load(Cpu.RSP);
        read(8);
        c.lstore(t1);
        release(8);
        c.lload(t1);
    }

    private void release(long bytes) {
        load(Cpu.RSP);
        c.loadConstant(bytes).ladd();
        store(Cpu.RSP);
    }

    @Override
    void popTarget(long released) {
        load(Cpu.RSP);
        read(8);
        c.lstore(t1);
        checkTarget();
        release(8 + released);
    }

    @Override
    void checkTarget() {
        c.lload(t1).loadConstant(16).lshl().loadConstant(16).lshr().lload(t1).lcmp();
        leaveIfNotZero();
    }

    // ---- counting ----------------------------------------------------------------------------

    @Override
    void charge(int n) {
        c.iinc(done, n);
    }

    /** Adds what was charged to {@code Cpu.retired} and begins to charge anew. */
    @Override
    void settle() {
        c.aload(CPU).dup().getfield(Names.CPU, "retired", CD_long);
        c.iload(done).i2l().ladd().putfield(Names.CPU, "retired", CD_long);
        c.iconst_0().istore(done);
    }

    @Override
    void goBack(int offset, Label there) {
        Label over = c.newLabel();
        c.iload(done).iload(QUOTA).if_icmpge(over).goto_(there);
        later(() -> {
            c.labelBinding(over);
            exitTo(offset);
        });
    }

    // ---- calls -------------------------------------------------------------------------------

    @Override
    void execute(String field) {
        faults = true;
        execute(field, fault);
    }

    @Override
    void executeLast(String field) {
        endingFaults = true;
        execute(field, endingFault);
    }

    private void execute(String field, Label handler) {
        Label from = c.newLabel();
        Label to = c.newLabel();
        c.loadConstant(here()).istore(site);
        c.labelBinding(from);
        callOperation(field);
        c.labelBinding(to);
        c.exceptionCatch(from, to, handler, Names.GUEST_FAULT);
    }

    // ---- beginning and end -------------------------------------------------------------------

    @Override
    void begin(List<Label> entries, List<Unit> units) {
        c.goto_(begin);
    }

    @Override
    void finish(List<Label> entries, List<Unit> units) {
        emitRarely();
        wayOut();
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
        flags.wayOut();
        writeRip();
        settle();
        c.iload(status).ireturn();
    }

    /** Takes back what was charged and not run, and computes RIP. */
    private void locateSite() {
        c.iload(done).iload(site).invokestatic(Names.EMITTER, "notRun", Names.INT_INT);
        c.isub().istore(done);
        c.lload(BASE).iload(site).invokestatic(Names.EMITTER, "offset", Names.INT_INT);
        c.i2l().ladd();
        c.lstore(rip);
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
        c.aload(CPU).getfield(Names.CPU, "mmu", Names.MMU).astore(mmu);
        reload(used);
        reloadSegmentBases();
        flags.wayIn();
        x.wayIn();
        x.checkEntries(units);
        c.iconst_0().istore(done);
        setBlock();
        if (entries.size() == 1) {
            c.goto_(entries.get(0));
            return;
        }
        pushEntry();
        List<SwitchCase> cases = new ArrayList<>();
        for (int n = 0; n < entries.size(); n++) {
            cases.add(SwitchCase.of(n, entries.get(n)));
        }
        c.tableswitch(0, entries.size() - 1, entries.get(0), cases);
    }
}
