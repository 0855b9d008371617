package xenolith.micro;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What does a read of guest memory cost that the software TLB knows, and one that it does not? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TlbRead {
    private final Bare bare = new Bare();
    private long at;

    /** The page is known. */
    @Benchmark
    public long hit() {
        at = at + 64 & 0x3fff;
        return bare.cpu.mmu.read64(Bare.DATA + at);
    }

    /** The page was flushed: a walk of four levels. */
    @Benchmark
    public long miss() {
        at = at + 64 & 0x3fff;
        bare.cpu.mmu.flushPage(Bare.DATA + at);
        return bare.cpu.mmu.read64(Bare.DATA + at);
    }

    @TearDown
    public void close() {
        bare.close();
    }
}
