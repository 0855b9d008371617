package xenolith.testkit.guests;

import static org.assertj.core.api.Assertions.assertThat;
import static xenolith.testkit.asm.Reg.RCX;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import xenolith.machine.cpu.Engine;
import xenolith.machine.engine.Both;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.translate.Translator;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests32.TinyGuests32;
import xenolith.testkit.run.Trial;

/**
 * Every tiny guest on a processor that is interrupted at any moment and shared with another domain:
 * it says and does what it says and does alone. More with {@code -Ddisturbed.runs=N}, others with
 * {@code -Ddisturbed.seed=S}.
 */
class DisturbedGuestsTest {
    private static final int RUNS = Integer.getInteger("disturbed.runs", 1);
    private static final long SEED = Long.getLong("disturbed.seed", 1);

    /** Executions after which even the code of a tiny guest is translated. */
    private static final int EAGER = 2;

    private static final Map<String, Function<MachineMemory, Engine>> ENGINES =
            Map.of(
                    "interpreter",
                    Interpreter::new,
                    "translator",
                    memory -> new Translator(memory, EAGER),
                    "both",
                    memory ->
                            new Both(
                                    memory,
                                    new Translator(memory, EAGER),
                                    new Interpreter(memory),
                                    1,
                                    Path.of("target")));

    /** It goes to user mode and back and sleeps for 20 us, for ever. */
    private static final TinyGuest NEIGHBOUR =
            k -> {
                k.area("poll", 24);
                k.a.label("round");
                k.user(() -> k.a.mov(RCX, 0x1234));
                k.a.mov(RCX, Mem.at("shared", Xen.TIME + 16)).add(RCX, 20_000);
                k.a.mov(Mem.at("poll", 16), RCX);
                k.hypercallOn(Xen.SCHED_OP, Xen.SCHED_POLL, "poll");
                k.a.jmp("round");
            };

    @TestFactory
    Stream<DynamicTest> sayTheSame() {
        return TinyGuests.all().stream()
                .map(g -> DynamicTest.dynamicTest(g.name(), () -> run(g.name(), g.image())));
    }

    @TestFactory
    Stream<DynamicTest> sayTheSameIn32Bits() {
        return TinyGuests32.all().stream()
                .map(g -> DynamicTest.dynamicTest(g.name(), () -> run(g.name(), g.image())));
    }

    private static void run(String name, byte[] image) {
        Trial.Setting setting = Trial.Setting.of(1);
        Trial alone = Trial.of(name, image, setting, Interpreter::new);
        for (long run = 0; run < RUNS; run++) {
            Trial.Setting busy = setting.disturbed(SEED + run, NEIGHBOUR.image());
            ENGINES.forEach((engine, maker) -> {
                Trial trial = Trial.of(name, image, busy, maker);
                String what = engine + ", seed " + busy.disturbance() + "\n" + trial.describe();
                assertThat(trial.console()).as(what).isEqualTo(alone.console());
                assertThat(trial.shutdown()).as(what).isEqualTo(alone.shutdown());
                assertThat(trial.audit()).as(what).isEmpty();
            });
        }
    }
}
