package xenolith.machine.lift.x87;

import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.ir.Op;
import xenolith.machine.lift.Lifter;
import xenolith.machine.memory.MachineMemory;

/** A processor with one page of memory, which executes single instructions. */
final class X87Machine implements AutoCloseable {
    /** Linear address of the only page; RDI points {@link #OPERAND} bytes into it. */
    static final long PAGE = 0x2000_0000L;

    static final int OPERAND = 0x100;
    static final int CODE_SELECTOR = 0x33;
    private static final int CODE_ADDRESS = 0x40_1000;
    private static final long FRAME = 0x5000;

    final MachineMemory memory = new MachineMemory(16);
    final Cpu cpu = new Cpu(memory, c -> 0);

    X87Machine() {
        long table = 0x1000;
        for (int shift = 39; shift >= 12; shift -= 9) {
            long entry = table + 0x1000 | Pte.P | Pte.RW | Pte.U;
            memory.put64(table + 8 * (PAGE >>> shift & 511), entry);
            table += 0x1000;
        }
        cpu.mmu.setRoot(0, 0x1000);
        cpu.mmu.setUser(0, true);
        cpu.mmu.select(0);
        cpu.segments[Segment.CS].selector = CODE_SELECTOR;
        cpu.block = CODE_ADDRESS;
        cpu.rdi = PAGE + OPERAND;
    }

    /** Executes one instruction. */
    void execute(int... bytes) {
        Op op;
        try {
            op = Lifter.lift(Decoder.decode(i -> bytes[i], Cpu.MODE_64, 0));
        } catch (DecodeException e) {
            throw new AssertionError(e);
        }
        if (op == null) {
            throw new AssertionError("no such instruction");
        }
        op.execute(cpu);
    }

    long instructionAddress() {
        return CODE_ADDRESS;
    }

    /** {@code length} bytes of memory from {@code offset} in the page. */
    byte[] bytes(int offset, int length) {
        byte[] result = new byte[length];
        memory.read(FRAME + offset, result, 0, length);
        return result;
    }

    void put(int offset, byte[] bytes) {
        memory.write(FRAME + offset, bytes, 0, bytes.length);
    }

    long get64(int offset) {
        return memory.get64(FRAME + offset);
    }

    void put64(int offset, long value) {
        memory.put64(FRAME + offset, value);
    }

    @Override
    public void close() {
        memory.close();
    }
}
