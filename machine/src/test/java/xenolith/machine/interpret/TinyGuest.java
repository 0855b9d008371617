package xenolith.machine.interpret;

import java.util.HexFormat;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * One processor with 128 pages from {@link #CODE}: code, data and a stack, all user and writable
 * unless {@link #protect} says otherwise; below and above nothing is mapped.
 */
public final class TinyGuest implements AutoCloseable {
    public static final long CODE = 0x40_0000;
    public static final long DATA = 0x41_0000;

    /** Top of the stack. */
    public static final long STACK = 0x42_0000;

    /** First address behind all pages. */
    public static final long END = 0x48_0000;

    private static final int FIRST_FRAME = 16;

    public final MachineMemory memory = new MachineMemory(256);
    public final Cpu cpu = new Cpu(memory, c -> c.retired);
    public final Interpreter interpreter = new Interpreter(memory);

    public TinyGuest(int mode) {
        long table = Pte.P | Pte.RW | Pte.U | Pte.A;
        memory.put64(1 << 12, Pte.of(2, table));
        memory.put64(2 << 12, Pte.of(3, table));
        memory.put64((3 << 12) + 8 * 2, Pte.of(4, table));
        for (int n = 0; n < 128; n++) {
            memory.put64((4 << 12) + 8L * n, Pte.of(FIRST_FRAME + n, table | Pte.D));
        }
        cpu.mmu.setRoot(Mmu.KERNEL, 1 << 12);
        cpu.mode = mode;
        for (var segment : cpu.segments) {
            segment.attributes = 0xcff3;
            segment.limit = 0xffff_ffffL;
            segment.usable = true;
        }
        reset();
    }

    /** Registers 0, RSP at the top of the stack, RIP at the code, no status flags. */
    public void reset() {
        for (int n = 0; n < 16; n++) {
            cpu.set(n, 0);
        }
        cpu.rsp = STACK;
        cpu.rip = CODE;
        cpu.setRflags(0x202);
        cpu.limit = Long.MAX_VALUE;
    }

    /** Machine address of {@code va}. */
    public static long maddr(long va) {
        return va - CODE + ((long) FIRST_FRAME << 12);
    }

    /** Writes instructions at {@link #CODE}. */
    public void code(String hex) {
        write(CODE, hex);
    }

    public void write(long va, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        memory.write(maddr(va), bytes, 0, bytes.length);
    }

    /** Gives the page of {@code va} other flags. */
    public void protect(long va, long flags) {
        long n = va - CODE >> 12;
        memory.put64((4 << 12) + 8 * n, Pte.of(FIRST_FRAME + n, flags));
        cpu.mmu.flushPage(va);
    }

    /** Runs {@code instructions} more. */
    public Exit run(long instructions) {
        cpu.limit = cpu.retired + instructions;
        return interpreter.run(cpu);
    }

    @Override
    public void close() {
        memory.close();
    }
}
