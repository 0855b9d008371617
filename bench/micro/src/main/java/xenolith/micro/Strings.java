package xenolith.micro;

import java.util.HexFormat;
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
import xenolith.machine.interpret.Interpreter;

/** What does a repeated string instruction cost, with the five instructions of its loop? */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class Strings {
    private static final int LOOPS = 100;
    private static final int INSTRUCTIONS = 5;

    @Param({"movsb", "movsq", "stosb", "stosq", "cmpsb", "scasb"})
    public String instruction = "movsb";

    @Param({"16", "256", "4096", "65536"})
    public int bytes = 16;

    private final Bare bare = new Bare();
    private final Engine engine = new Interpreter(bare.memory);

    @Setup
    public void load() {
        String code =
                switch (instruction) {
                    case "movsb" -> "f3a4";
                    case "movsq" -> "f348a5";
                    case "stosb" -> "f3aa";
                    case "stosq" -> "f348ab";
                    case "cmpsb" -> "f3a6";
                    default -> "f2ae";
                };
        // mov rdi, r8; mov rsi, r9; mov rcx, r10; the instruction; jmp to the first
        String all = "4c89c74c89ce4c89d1" + code;
        int back = -(all.length() / 2 + 2) & 0xff;
        bare.load(HexFormat.of().parseHex(all + "eb" + Integer.toHexString(back)));
        bare.cpu.r8 = Bare.DATA + 0x8_0000;
        bare.cpu.r9 = Bare.DATA;
        bare.cpu.r10 = instruction.endsWith("q") ? bytes / 8 : bytes;
        // Nothing that SCAS would find.
        bare.cpu.rax = instruction.startsWith("scas") ? 1 : 0;
    }

    @Benchmark
    @OperationsPerInvocation(LOOPS)
    public long loop() {
        return bare.run(engine, (long) INSTRUCTIONS * LOOPS);
    }

    @TearDown
    public void close() {
        bare.close();
    }
}
