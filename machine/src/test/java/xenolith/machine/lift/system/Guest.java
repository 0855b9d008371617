package xenolith.machine.lift.system;

import java.util.HexFormat;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;
import xenolith.machine.engine.EngineKind;
import xenolith.machine.memory.MachineMemory;

/**
 * A processor with the first 2 MiB of linear addresses mapped onto the frames from {@link
 * #FIRST_FRAME}, user and writable; code runs at {@link #CODE}.
 */
final class Guest implements AutoCloseable {
    static final int FIRST_FRAME = 16;
    static final long CODE = 0x1_0000;
    static final long STACK = 0x2_0000;
    static final long GDT = 0x3_0000;
    static final long DATA = 0x4_0000;

    private static final long L1 = 4;
    private static final long USER = Pte.P | Pte.RW | Pte.U;

    final MachineMemory memory = new MachineMemory(FIRST_FRAME + 512);
    final Cpu cpu = new Cpu(memory, c -> 0x1_2345_6789L);
    private final Engine engine = EngineKind.standard().on(memory);

    Guest() {
        memory.put64(1 << 12, Pte.of(2, USER));
        memory.put64(2 << 12, Pte.of(3, USER));
        memory.put64(3 << 12, Pte.of(L1, USER));
        for (int n = 0; n < 512; n++) {
            map(n, USER);
        }
        cpu.mmu.setRoot(0, 1 << 12);
        cpu.mmu.setUser(0, true);
        cpu.mmu.select(0);
        cpu.efer |= 1;
        cpu.rsp = STACK;
        Segment cs = cpu.segments[Segment.CS];
        cs.selector = 0x33;
        cs.attributes = 0xa0fb;
        cpu.segments[Segment.SS].selector = 0x2b;
        cpu.segments[Segment.SS].attributes = 0xc0f3;
    }

    /** Maps page {@code page} with {@code flags}; 0 unmaps it. */
    void map(long page, long flags) {
        long entry = flags == 0 ? 0 : Pte.of(FIRST_FRAME + page, flags);
        memory.put64((L1 << 12) + 8 * page, entry);
        cpu.mmu.flush();
    }

    /** Maps the 2 MiB again and again over the lower half of the address space. */
    void repeatMappings() {
        for (int n = 1; n < 512; n++) {
            memory.put64((1 << 12) + 8L * (n & 255), Pte.of(2, USER));
            memory.put64((2 << 12) + 8L * n, Pte.of(3, USER));
            memory.put64((3 << 12) + 8L * n, Pte.of(L1, USER));
        }
    }

    /** The first instruction of {@code hex}. */
    Instruction decode(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        try {
            return Decoder.decode(n -> bytes[n], cpu.mode, 0);
        } catch (DecodeException e) {
            throw new IllegalArgumentException(hex, e);
        }
    }

    /** Installs a descriptor table with {@code entries} from index 0. */
    void gdt(long... entries) {
        for (int n = 0; n < entries.length; n++) {
            memory.put64((FIRST_FRAME << 12) + GDT + 8L * n, entries[n]);
        }
        cpu.gdtBase = GDT;
        cpu.gdtLimit = entries.length * 8 - 1;
    }

    long get8(long va) {
        return memory.get8((FIRST_FRAME << 12) + va);
    }

    long get64(long va) {
        return memory.get64((FIRST_FRAME << 12) + va);
    }

    void put8(long va, long value) {
        memory.put8((FIRST_FRAME << 12) + va, value);
    }

    void put64(long va, long value) {
        memory.put64((FIRST_FRAME << 12) + va, value);
    }

    /** Puts {@code hex} at CODE and runs {@code instructions} of it. */
    Exit run(String hex, int instructions) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        memory.write((FIRST_FRAME << 12) + CODE, bytes, 0, bytes.length);
        cpu.rip = CODE;
        return resume(instructions);
    }

    /** Runs one instruction. */
    Exit run(String hex) {
        return run(hex, 1);
    }

    /** Goes on for {@code instructions} more. */
    Exit resume(int instructions) {
        cpu.limit = cpu.retired + instructions;
        return engine.run(cpu);
    }

    @Override
    public void close() {
        memory.close();
    }
}
