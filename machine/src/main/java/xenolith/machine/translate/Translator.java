package xenolith.machine.translate;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;

/** The engine that translates hot guest code; one a machine. */
public final class Translator implements Engine {
    private final Interpreter interpreter;

    public Translator(MachineMemory memory) {
        this.interpreter = new Interpreter(memory);
    }

    @Override
    public Exit run(Cpu cpu) {
        return interpreter.run(cpu);
    }

    @Override
    public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
        return interpreter.captureStore(cpu, vaddr);
    }
}
