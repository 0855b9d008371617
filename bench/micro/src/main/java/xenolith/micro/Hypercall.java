package xenolith.micro;

import static xenolith.testkit.asm.Reg.R12;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import xenolith.machine.engine.EngineKind;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.guests.TinyGuest;
import xenolith.testkit.guests.Xen;
import xenolith.testkit.run.Trial;

/**
 * What does a hypercall cost a guest, there and back? A tiny guest does a million of them
 * (xen_version: no work, no arguments in memory); the making of its host and domain is below one
 * part in a hundred.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
public class Hypercall {
    private static final int CALLS = 1_000_000;

    @Param({"interpreter", "translator"})
    public String engine = "interpreter";

    private final byte[] image = guest().image();

    private static TinyGuest guest() {
        return k -> {
            k.a.mov(R12, CALLS).label("calls");
            k.hypercall(Xen.XEN_VERSION, 0, 0);
            k.a.dec(R12).j(Cond.NE, "calls");
        };
    }

    @Benchmark
    @OperationsPerInvocation(CALLS)
    public Trial version() {
        EngineKind kind = EngineKind.valueOf(engine.toUpperCase(Locale.ROOT));
        Trial trial = Trial.of("calls", image, Trial.Setting.of(1), kind::on);
        if (!trial.succeeded()) {
            throw new IllegalStateException(trial.describe());
        }
        return trial;
    }
}
