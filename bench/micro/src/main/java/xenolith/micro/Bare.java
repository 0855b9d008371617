package xenolith.micro;

import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/** A processor without a hypervisor: its lowest 4 MiB are mapped at their own addresses. */
final class Bare implements AutoCloseable {
    static final long CODE = 0x10_0000;
    static final long DATA = 0x20_0000;
    private static final long END = 0x40_0000;

    final MachineMemory memory = new MachineMemory(4096);
    final Cpu cpu = new Cpu(memory, c -> c.retired);

    Bare() {
        long flags = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;
        memory.put64(END, END + 0x1000 | flags);
        memory.put64(END + 0x1000, END + 0x2000 | flags);
        for (long i = 0; i < END >> 21; i++) {
            long table = END + 0x3000 + (i << 12);
            memory.put64(END + 0x2000 + 8 * i, table | flags);
            for (long j = 0; j < 512; j++) {
                memory.put64(table + 8 * j, (i << 21) + (j << 12) | flags);
            }
        }
        cpu.mmu.setRoot(Mmu.KERNEL, END);
        cpu.mmu.setUser(Mmu.KERNEL, true);
        cpu.mmu.select(Mmu.KERNEL);
    }

    /** Puts {@code code} at {@link #CODE} and the processor before it. */
    void load(byte[] code) {
        memory.write(CODE, code, 0, code.length);
        cpu.rip = CODE;
    }

    /** Runs so many instructions, or a few more. */
    long run(Engine engine, long instructions) {
        cpu.limit = cpu.retired + instructions;
        while (cpu.retired < cpu.limit) {
            Exit exit = engine.run(cpu);
            if (exit != Exit.Simple.TIME_UP) {
                throw new IllegalStateException(exit + " at " + Long.toHexString(cpu.rip));
            }
        }
        return cpu.retired;
    }

    @Override
    public void close() {
        memory.close();
    }
}
