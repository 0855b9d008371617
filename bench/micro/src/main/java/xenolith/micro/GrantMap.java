package xenolith.micro;

import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;

/** What does it cost domain 0 to map a guest's grant and to end the mapping? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class GrantMap {
    private static final int REF = 8;

    private final Host host =
            Host.start(
                    HostConfig.of(64L << 20, 1, HostConfig.TimeMode.VIRTUAL),
                    EngineKind.INTERPRETER::on);
    private final DomainControl domain;

    public GrantMap() throws ControlException {
        domain = host.create(new DomainConfig("grants", new UUID(0, 1), 1, 1024, -1));
    }

    @Setup
    public void prepare() throws ControlException {
        long[] mfns = domain.populate(0, 16);
        domain.seedGrant(REF, 0, mfns[3]);
    }

    @Benchmark
    public long mapAndUnmap() throws ControlException {
        try (DomainControl.GrantedFrame frame = domain.mapGrant(REF, false)) {
            return frame.mfn();
        }
    }

    @TearDown
    public void close() {
        domain.destroy();
        host.close();
    }
}
