package xenolith.machine.translate;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Engine;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.oracle.RandomInstruction;

/** Runs many random programs one after another, until one differs. */
final class Fuzz {
    /** Executions after which a block is translated. */
    static final int HOT = Integer.getInteger("xenolith.fuzz.hot", 2);

    /** Programs that two machines run before they are replaced by new ones. */
    private static final int PROGRAMS = 50;

    private final Function<MachineMemory, Engine> engines;
    private final RandomInstruction.Forms forms;

    Fuzz(Function<MachineMemory, Engine> engines, RandomInstruction.Forms forms) {
        this.engines = engines;
        this.forms = forms;
    }

    /** All forms of instructions that programs may have. */
    static RandomInstruction.Forms forms() {
        return new RandomInstruction.Forms("integer", "string", "sse", "x87");
    }

    /**
     * What came of some programs.
     *
     * @param blocks basic blocks that they had
     * @param failed what the last one differs in, or null
     */
    record Outcome(int blocks, long programs, @Nullable String failed) {}

    /** Runs programs from seed {@code first} on. */
    Outcome run(Duel.Setting setting, long first, int mostBlocks, long mostPrograms) {
        int blocks = 0;
        long n = 0;
        while (blocks < mostBlocks && n < mostPrograms) {
            try (Duel duel = new Duel(engines, forms)) {
                for (int i = 0; i < PROGRAMS && blocks < mostBlocks && n < mostPrograms; i++) {
                    blocks += duel.run(setting, first + n++);
                }
            } catch (Duel.Difference e) {
                return new Outcome(blocks, n, explain(setting, first + n - 1, e));
            }
        }
        return new Outcome(blocks, n, null);
    }

    /** Runs one program; answers what differs, or null. */
    @Nullable String runOne(Duel.Setting setting, long seed) {
        try (Duel duel = new Duel(engines, forms)) {
            duel.run(setting, seed);
            return null;
        } catch (Duel.Difference e) {
            return e.getMessage();
        }
    }

    /** Looks for the shortest run that differs, and tells of it. */
    private String explain(Duel.Setting setting, long seed, Duel.Difference all) {
        Duel.Difference shortest = all;
        boolean alone = false;
        int low = 1;
        int high = all.length;
        while (low <= high) {
            int middle = (low + high) / 2;
            try (Duel duel = new Duel(engines, forms)) {
                duel.cut(all.stop, middle);
                duel.run(setting, seed);
                low = middle + 1;
            } catch (Duel.Difference e) {
                if (e.stop > all.stop) {
                    low = middle + 1;
                } else {
                    shortest = e;
                    alone = true;
                    high = Math.min(middle, e.length) - 1;
                }
            }
        }
        return (alone ? "" : "(only after the programs before it) ") + shortest.getMessage();
    }
}
