package xenolith.machine.translate;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.util.List;
import xenolith.machine.cpu.Cpu;

/**
 * Code for HotSpot's first compiler, which is to be short: wide code waits for the host's caches.
 * All state of the guest stays in the processor, memory is accessed by calls ({@link
 * DirectAccess}), and what these throw is caught by the dispatcher ({@link Session}).
 */
final class WarmEmitter extends Emitter {
    private final int stored;

    /**
     * The one loop of the method: from here it goes to the entry in local {@link #number}. All ways
     * back lead here: the guest's loops, which are entered anywhere, would be no loops for
     * HotSpot's first compiler, which then moves all that lives from one to the next in each of
     * them.
     */
    private final Label again;

    private final int number;

    /** The entries, by number. */
    private List<Label> ways = List.of();

    /**
     * @param used general registers that the code touches, as bits by number
     * @param dirty those that it may change
     */
    WarmEmitter(CodeBuilder c, ClassDesc self, int used, int dirty, Region region) {
        super(c, self, used, dirty, true, region);
        stored = newLong();
        again = c.newLabel();
        number = c.allocateLocal(TypeKind.INT);
    }

    @Override
    boolean direct() {
        return true;
    }

    // ---- registers ---------------------------------------------------------------------------

    @Override
    void loadRegister(int n) {
        loadField(n);
    }

    @Override
    void storeRegister(int n) {
        c.lstore(stored);
        storeField(n, stored);
    }

    @Override
    void spill(int mask) {}

    @Override
    void reload(int mask) {}

    @Override
    void loadSegmentBase(int segment) {
        loadField(Cpu.SEGMENT_BASE + segment);
    }

    @Override
    void reloadSegmentBases() {}

    // ---- memory ------------------------------------------------------------------------------

    @Override
    void read(int size) {
        pushPlace();
        c.invokestatic(Names.DIRECT, "load" + 8 * size, DirectAccess.LOAD);
    }

    @Override
    void prepareWrite(int size) {}

    @Override
    void write(int size) {
        pushPlace();
        c.invokestatic(Names.DIRECT, "store" + 8 * size, DirectAccess.STORE);
    }

    @Override
    void prepareStore(int size) {
        c.loadConstant(size);
        pushPlace();
        c.invokestatic(Names.DIRECT, "storable", DirectAccess.HOST).lstore(host);
    }

    @Override
    void prepareLoad(int size) {
        c.loadConstant(size);
        pushPlace();
        c.invokestatic(Names.DIRECT, "loadable", DirectAccess.HOST).lstore(host);
    }

    /** Pushes the processor, and where to leave if the access is refused. */
    private void pushPlace() {
        c.aload(CPU).loadConstant(here());
    }

    @Override
    void pushGuest(Runnable value) {
        value.run();
        pushPlace();
        c.invokestatic(Names.DIRECT, "push", DirectAccess.PUSH);
    }

    @Override
    void popGuest() {
        pushPlace();
        c.invokestatic(Names.DIRECT, "pop", DirectAccess.POP);
    }

    /**
     * Moves RSP by {@code bytes}; leaves in local {@link #host} where the lower end of what it
     * moved over is.
     *
     * @param method pushRoom or popRoom of {@link DirectAccess}
     */
    void stackRoom(String method, int bytes) {
        c.loadConstant(bytes);
        pushPlace();
        c.invokestatic(Names.DIRECT, method, DirectAccess.ROOM).lstore(host);
    }

    @Override
    void popTarget(long released) {
        c.loadConstant(released);
        pushPlace();
        c.invokestatic(Names.DIRECT, "popTarget", DirectAccess.LOAD).lstore(t1);
    }

    @Override
    void checkTarget() {
        c.lload(t1);
        pushPlace();
        c.invokestatic(Names.DIRECT, "checkTarget", DirectAccess.PUSH);
    }

    // ---- counting ----------------------------------------------------------------------------

    @Override
    void charge(int n) {
        c.aload(CPU).dup().getfield(Names.CPU, "retired", CD_long);
        c.loadConstant((long) n).ladd().putfield(Names.CPU, "retired", CD_long);
    }

    @Override
    void settle() {}

    @Override
    void goBack(int offset, Label there) {
        Label over = c.newLabel();
        c.aload(CPU).getfield(Names.CPU, "retired", CD_long);
        c.aload(CPU).getfield(Names.CPU, "pause", CD_long).lcmp().ifge(over);
        c.loadConstant(ways.indexOf(there)).istore(number).goto_(again);
        later(() -> {
            c.labelBinding(over);
            exitTo(offset);
        });
    }

    // ---- calls -------------------------------------------------------------------------------

    @Override
    void execute(String field) {
        c.aload(CPU).loadConstant(here()).putfield(Names.CPU, "site", CD_int);
        callOperation(field);
    }

    @Override
    void executeLast(String field) {
        execute(field);
    }

    // ---- beginning and end -------------------------------------------------------------------

    @Override
    void begin(List<Label> entries, List<Unit> units) {
        x.wayIn();
        x.checkEntries(units);
        setBlock();
        pushEntry();
        c.istore(number);
        c.labelBinding(again);
        ways = entries;
        halve(entries, 0);
    }

    /**
     * Goes to the entry whose number is in local {@link #number}: one of {@code entries}, the first
     * of which is number {@code first}. HotSpot's first compiler would try one after another.
     */
    private void halve(List<Label> entries, int first) {
        int half = entries.size() / 2;
        if (half == 0) {
            c.goto_(entries.get(0));
            return;
        }
        Label upper = c.newLabel();
        c.iload(number).loadConstant(first + half).if_icmpge(upper);
        halve(entries.subList(0, half), first);
        c.labelBinding(upper);
        halve(entries.subList(half, entries.size()), first + half);
    }

    @Override
    void finish(List<Label> entries, List<Unit> units) {
        emitRarely();
        int site = c.allocateLocal(TypeKind.INT);
        c.labelBinding(leave).istore(site);
        c.aload(CPU).lload(BASE).iload(site);
        c.invokestatic(Names.DIRECT, "leave", DirectAccess.LEAVE).ireturn();
        c.labelBinding(exit);
        writeRip();
        c.iconst_0().ireturn();
    }
}
