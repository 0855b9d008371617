package xenolith.micro;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

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
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.engine.EngineKind;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Mem;

/**
 * What does a jump cost whose target cannot be foreseen? A ring of blocks of three instructions,
 * each of which jumps to the next through a register.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class BlockLookup {
    private static final int JUMPS = 100_000;
    private static final int INSTRUCTIONS = 3;

    @Param({"interpreter", "translator"})
    public String engine = "interpreter";

    /** Blocks in the ring, each on a page quarter of its own. */
    @Param({"16", "1024"})
    public int blocks = 16;

    private final Bare bare = new Bare();
    private Engine runner = EngineKind.INTERPRETER.on(bare.memory);

    @Setup
    public void prepare() {
        Assembler a = new Assembler(Bare.CODE);
        for (int i = 0; i < blocks; i++) {
            a.align(256).label("block" + i);
            // The address comes from memory: no engine may know it. JMP RAX
            a.mov(RAX, Mem.at(RBX, RCX, 8, 8L * i)).add(RCX, 0).raw(0xff, 0xe0);
            bare.memory.put64(Bare.DATA + 8L * i, Bare.CODE + 256L * ((i * 7 + 1) % blocks));
        }
        bare.load(a.bytes());
        bare.cpu.rbx = Bare.DATA;
        runner = EngineKind.valueOf(engine.toUpperCase(Locale.ROOT)).on(bare.memory);
    }

    @Benchmark
    @OperationsPerInvocation(JUMPS)
    public long jump() {
        return bare.run(runner, (long) JUMPS * INSTRUCTIONS);
    }

    @TearDown
    public void close() {
        bare.close();
    }
}
