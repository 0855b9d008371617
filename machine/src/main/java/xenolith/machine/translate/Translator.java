package xenolith.machine.translate;

import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.interpret.Block;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;

/**
 * The engine that translates hot guest code; one a machine. Cold code, and single instructions that
 * translated code leaves to it, are run by an interpreter.
 */
public final class Translator implements Engine {
    /** Executions of a block after which it is translated. */
    private static final int HOT = Integer.getInteger("xenolith.hot", 2000);

    /** Instructions a region may have, about. */
    private static final int REGION = Integer.getInteger("xenolith.region", 120);

    /** Translations that a block may be in. */
    private static final int MOST_TRANSLATIONS = 8;

    /** Instructions a region may have that is to be compiled quickly, about. */
    private static final int WARM_REGION = Integer.getInteger("xenolith.warm", 120);

    /** By how much {@link #hot} grows with each class that is being made. */
    private static final int HOT_STEP = 100;

    /** The most that it grows to. */
    private static final int HOTTEST = 5000;

    /** Instructions that such code runs before it is translated well. */
    private static final long PROMOTED = Integer.getInteger("xenolith.promoted", 20_000_000);

    /** The same for a translator that translates at once. */
    private static final long SOON_PROMOTED = 400;

    /** Instructions after which all code comes back to look for kicks, and what runs is counted. */
    private static final int SLICE = 20_000;

    /** The same for a translator that translates at once. */
    private static final int SHORT_SLICE = 500;

    /** Blocks that are recorded before code is translated well. */
    private static final int RECORDED = Integer.getInteger("xenolith.recorded", 4000);

    /** The same for a translator that translates at once. */
    private static final int SOON_RECORDED = 30;

    private final Interpreter interpreter;
    private final int hot;

    /** Instructions that warm code runs before it is translated well. */
    long promoted = PROMOTED;

    /** Instructions from one look at what is running to the next. */
    private int slice = SLICE;

    /** Instructions that translated code may run after it was told to come back. */
    private int longest;

    /** Blocks that are recorded before that. */
    private int recordedBlocks = RECORDED;

    private final IdentityHashMap<Cpu, Session> sessions = new IdentityHashMap<>();
    private @Nullable Session last;

    private final @Nullable Workshop workshop;
    private long translations;
    private long nanoseconds;
    private final CodeMemory codeMemory;

    /** Translates beside the processor what is worth it. */
    public Translator(MachineMemory memory) {
        this(memory, HOT, new Workshop(), new CodeMemory());
    }

    /**
     * Translates at once, and well after a short while, for tests.
     *
     * @param hot executions of a block after which it is translated
     */
    public Translator(MachineMemory memory, int hot) {
        this(memory, hot, null, new CodeMemory());
        promoted = SOON_PROMOTED;
        slice = SHORT_SLICE;
        recordedBlocks = SOON_RECORDED;
    }

    Translator(MachineMemory memory, int hot, @Nullable Workshop workshop, CodeMemory codeMemory) {
        this.codeMemory = codeMemory;
        this.interpreter = new Interpreter(memory);
        this.hot = hot;
        this.workshop = workshop;
    }

    private Session sessionOf(Cpu cpu) {
        Session known = last;
        if (known == null || known.cpu != cpu) {
            synchronized (sessions) {
                known =
                        sessions.computeIfAbsent(
                                cpu, c -> new Session(this, c, interpreter.blocksOf(c)));
            }
            last = known;
        }
        return known;
    }

    @Override
    public Exit run(Cpu cpu) {
        Session session = sessionOf(cpu);
        cpu.exit = null;
        Exit exit = run(session);
        LazyFlags.settle(cpu);
        return exit;
    }

    private Exit run(Session session) {
        Cpu cpu = session.cpu;
        while (true) {
            if (cpu.kicked()) {
                cpu.takeKick();
                return Exit.Simple.TIME_UP;
            }
            if (workshop != null && workshop.ready()) {
                takeProducts(workshop);
            }
            long left = cpu.limit - cpu.retired;
            if (left <= 0) {
                // Before the next instruction is fetched, which may fault.
                return Exit.Simple.TIME_UP;
            }
            if (cpu.mode != Cpu.MODE_64 || cpu.breakpoints.oneByOne()) {
                interpret(session, left);
            } else if (session.recording != null) {
                record(session, left);
            } else {
                session.run(left);
            }
            Exit exit = cpu.exit;
            if (exit != null) {
                cpu.exit = null;
                return exit;
            }
        }
    }

    /**
     * Runs the block at RIP, up to {@code most} of its instructions, in the interpreter; answers
     * whether there was no exit.
     */
    boolean interpret(Session session, long most) {
        try {
            return interpret(session.cpu, session.blocks.block(), most);
        } catch (GuestFault f) {
            return fetchFault(session.cpu, f);
        }
    }

    /** The same, with an eye on where it goes. */
    private void record(Session session, long most) {
        try {
            Block block = session.blocks.block();
            session.record(block);
            interpret(session.cpu, block, most);
        } catch (GuestFault f) {
            fetchFault(session.cpu, f);
        }
        if (session.cpu.exit != null && session.recording != null) {
            session.recording.interrupt();
        }
    }

    private boolean interpret(Cpu cpu, Block block, long most) {
        LazyFlags.settle(cpu);
        Exit exit = interpreter.runBlock(cpu, block, (int) Math.min(most, block.instructions()));
        cpu.exit = exit;
        return exit == null;
    }

    /** RIP is at the instruction that cannot be fetched. */
    private static boolean fetchFault(Cpu cpu, GuestFault f) {
        cpu.exit = new Exit.Fault(f.vector, f.errorCode, f.address);
        return false;
    }

    /**
     * Where {@code map} has no valid code for RIP: finds or makes it, or else runs the block there,
     * and those after it as long as they are cold and RIP is not {@code back}; answers whether
     * there was no exit.
     */
    boolean rare(Session session, CodeMap map, long back) {
        Cpu cpu = session.cpu;
        try {
            Block block = session.blocks.block();
            if (search(session, map, block)) {
                return true;
            }
            LazyFlags.settle(cpu);
            do {
                Exit exit = interpreter.runBlock(cpu, block, session.most(block.instructions()));
                if (exit != null) {
                    cpu.exit = exit;
                    return false;
                }
                if (cpu.rip == back || session.over()) {
                    return true;
                }
                block = session.blocks.block();
            } while (block.translation() == null && !isHot(block));
            return true;
        } catch (GuestFault f) {
            return fetchFault(session.cpu, f);
        }
    }

    /** Whether there is code for {@code block}, the one at RIP: found the longer way, or made. */
    private boolean search(Session session, CodeMap map, Block block) {
        Cpu cpu = session.cpu;
        if (cpu.rip == session.promote) {
            session.promote = Session.NOTHING;
            if (block.translation() instanceof GuestCode code && code.warm && !block.settled()) {
                promote(session, block);
            }
        }
        boolean found = map.fill(cpu.rip, block);
        if (found || !isHot(block) || isInMany(block)) {
            return found;
        }
        // None yet, or one that goes on in pages that are others here, or not to be had.
        translate(session, block, null);
        return map.fill(cpu.rip, block);
    }

    /** Has {@code block}, the one at RIP, translated well, or first sees what is run from there. */
    private void promote(Session session, Block block) {
        Recording recorded = session.recorded;
        session.recorded = null;
        if (recorded != null && recorded.start == session.cpu.rip) {
            translate(session, block, recorded);
        } else {
            session.recording = new Recording(session.cpu.rip, recordedBlocks);
        }
    }

    /** Whether {@code block} is worth it, in view of what else is being made. */
    private boolean isHot(Block block) {
        int executions = block.executions();
        if (executions < hot || workshop == null) {
            return executions >= hot;
        }
        return executions >= Math.min(hot + workshop.backlog() * HOT_STEP, HOTTEST);
    }

    /** Whether there is no use in one more translation that begins at {@code block}. */
    private static boolean isInMany(Block block) {
        return block.translation() != null && block.users() >= MOST_TRANSLATIONS;
    }

    /** Translates what begins at RIP, well if there is a recording; at once or in the workshop. */
    private void translate(Session session, Block block, @Nullable Recording recording) {
        block.forgetExecutions();
        if (block.pending()) {
            return;
        }
        boolean warm = recording == null;
        int least = Math.max(1, hot / 50);
        int budget = warm ? WARM_REGION : REGION;
        Region region = RegionFinder.find(interpreter, session.cpu, budget, least, recording);
        if (region == null) {
            return;
        }
        if (workshop == null) {
            install(Workshop.make(region, warm));
            session.setPause();
        } else if (workshop.order(region, warm)) {
            region.blocks().values().forEach(b -> b.setPending(true));
        }
    }

    /** Takes what the workshop has made. */
    private void takeProducts(Workshop from) {
        boolean better = false;
        for (Workshop.Product p = from.take(); p != null; p = from.take()) {
            install(p);
            better |= p.code() != null && !p.code().warm;
        }
        // Warm code comes where there was none; only better code replaces what maps know.
        if (better) {
            sessions.values().forEach(Session::dropMaps);
        }
    }

    private void install(Workshop.Product p) {
        p.ordered().blocks().values().forEach(b -> b.setPending(false));
        translations++;
        nanoseconds += p.nanoseconds();
        GuestCode code = p.code();
        if (code == null || !p.region().valid()) {
            return;
        }
        longest = Math.max(longest, p.region().instructions());
        install(p.region(), p.entries(), code);
        if (codeMemory.add(code, p.bytes(), p.region().blocks().values())) {
            sessions.values().forEach(Session::clearMaps);
        }
    }

    private static void install(Region region, List<Integer> entries, GuestCode code) {
        for (Block b : region.blocks().values()) {
            b.usedBy(code);
        }
        for (int n = 0; n < entries.size(); n++) {
            int offset = entries.get(n);
            Block b = Objects.requireNonNull(region.blocks().get(offset));
            boolean better = !(b.translation() instanceof GuestCode old) || old.warm && !code.warm;
            if (n == 0 || better) {
                b.enterBy(code, n, offset);
            }
        }
    }

    int slice() {
        return slice;
    }

    /**
     * Instructions that translated code may run after {@code Cpu.pause}: those of the longest
     * region so far.
     */
    int longest() {
        return longest;
    }

    @Override
    public void forget(Cpu cpu) {
        synchronized (sessions) {
            sessions.remove(cpu);
        }
        last = null;
        interpreter.forget(cpu);
    }

    @Override
    public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
        return interpreter.captureStore(cpu, vaddr);
    }

    /** What was translated so far. */
    @Override
    public String statistics() {
        long dispatches = 0;
        long leaves = 0;
        for (Session s : sessions.values()) {
            dispatches += s.dispatches;
            leaves += s.leaves;
        }
        return "%d translations in %d ms, %s; %d dispatches, %d leaves"
                .formatted(
                        translations,
                        nanoseconds / 1_000_000,
                        codeMemory.statistics(),
                        dispatches,
                        leaves);
    }
}
