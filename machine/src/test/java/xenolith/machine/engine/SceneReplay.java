package xenolith.machine.engine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;

/** Runs a {@link Scene} on two machines, several times, so that a translator finds it hot. */
public final class SceneReplay {
    private static final int ROUNDS = 5;

    private SceneReplay() {}

    /** What differs between the interpreter and the engine that {@code engines} makes. */
    public static List<String> differences(Scene scene, Function<MachineMemory, Engine> engines) {
        List<String> all = new ArrayList<>();
        try (MachineMemory expectedMemory = new MachineMemory(scene.machineFrames());
                MachineMemory foundMemory = new MachineMemory(scene.machineFrames())) {
            Cpu expected = new Cpu(expectedMemory, c -> c.retired);
            Cpu found = new Cpu(foundMemory, c -> c.retired);
            Engine oracle = new Interpreter(expectedMemory);
            Engine tested = engines.apply(foundMemory);
            for (Cpu cpu : List.of(expected, found)) {
                scene.map(cpu);
            }
            for (int round = 0; round < ROUNDS; round++) {
                Exit left = run(scene, oracle, expected);
                Exit right = run(scene, tested, found);
                all.addAll(CpuState.differences(expected, found));
                if (!left.equals(right)) {
                    all.add("exit: expected " + left + ", found " + right);
                }
                compare(expectedMemory, foundMemory, all);
            }
        }
        return all;
    }

    private static Exit run(Scene scene, Engine engine, Cpu cpu) {
        scene.restoreFrames(cpu.memory);
        scene.load(cpu);
        Exit exit = engine.run(cpu);
        // Privileged instructions are objects of their own.
        return exit instanceof Exit.Privileged ? Exit.Simple.CPUID : exit;
    }

    private static void compare(MachineMemory expected, MachineMemory found, List<String> all) {
        byte[] a = new byte[MachineMemory.FRAME_SIZE];
        byte[] b = new byte[MachineMemory.FRAME_SIZE];
        for (long mfn = 0; mfn < expected.frames(); mfn++) {
            expected.read(mfn << 12, a, 0, a.length);
            found.read(mfn << 12, b, 0, b.length);
            int at = Arrays.mismatch(a, b);
            if (at >= 0) {
                all.add(
                        "memory %x: expected %x, found %x"
                                .formatted((mfn << 12) + at, a[at], b[at]));
            }
        }
    }
}
