package xenolith.machine.lift.sse;

import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.ir.Op;
import xenolith.machine.memory.MachineMemory;

/** A processor with two pages of memory at {@link #PAGE}, the second read-only, none behind. */
final class SseMachine implements AutoCloseable {
    static final long PAGE = 0x40_0000;
    static final long READ_ONLY = PAGE + 4096;
    static final int NO_FAULT = -1;

    private final MachineMemory memory = new MachineMemory(16);
    final Cpu cpu = new Cpu(memory, c -> 0);

    SseMachine() {
        long flags = Pte.P | Pte.RW | Pte.U;
        memory.put64(4096, Pte.of(2, flags));
        memory.put64(2 * 4096, Pte.of(3, flags));
        memory.put64(3 * 4096 + 8 * Pte.index(PAGE, 2), Pte.of(4, flags));
        memory.put64(4 * 4096, Pte.of(5, flags));
        memory.put64(4 * 4096 + 8, Pte.of(6, Pte.P | Pte.U));
        cpu.mmu.setRoot(0, 4096);
        cpu.mmu.select(0);
        cpu.rsi = PAGE;
        cpu.rdi = PAGE;
    }

    /** The operation of the bytes {@code hex} in 64-bit mode, or null if there is none. */
    static @Nullable Op lift(String hex) {
        byte[] code = HexFormat.of().parseHex(hex);
        try {
            Instruction i = Decoder.decode(n -> n < code.length ? code[n] : 0, Cpu.MODE_64, 0);
            return SseFamily.lift(i);
        } catch (DecodeException e) {
            return null;
        }
    }

    /** Executes the bytes {@code hex}; the vector of its fault, or {@link #NO_FAULT}. */
    int run(String hex) {
        Op op = lift(hex);
        if (op == null) {
            throw new IllegalArgumentException("no operation: " + hex);
        }
        try {
            op.execute(cpu);
            return NO_FAULT;
        } catch (GuestFault f) {
            return f.vector;
        }
    }

    @Override
    public void close() {
        memory.close();
    }
}
