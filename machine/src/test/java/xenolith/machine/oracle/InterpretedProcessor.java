package xenolith.machine.oracle;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * Our processor, one user-mode instruction at a time: an engine on a real {@link Cpu} with page
 * tables that map the scratch pages (to frames apart from each other) and the page of code.
 */
final class InterpretedProcessor {
    private static final long FLAGS = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;
    private static final int TOP = 7;
    private static final int CODE_FRAME = 20;
    private static final int FIRST_PAGE_FRAME = 30;
    private static final int SECOND_PAGE_FRAME = 12;

    private final MachineMemory memory = new MachineMemory(64);
    private final Cpu cpu = new Cpu(memory, c -> 0);
    private final Engine engine;
    private int nextTable = TOP + 1;

    InterpretedProcessor(java.util.function.Function<MachineMemory, Engine> engineOf) {
        map(ProcessorState.SCRATCH, FIRST_PAGE_FRAME);
        map(ProcessorState.SCRATCH + 0x1000, SECOND_PAGE_FRAME);
        map(ProcessorState.CODE, CODE_FRAME);
        cpu.mmu.setRoot(Mmu.KERNEL, (long) TOP << 12);
        cpu.mmu.setUser(Mmu.KERNEL, true);
        cpu.mmu.select(Mmu.KERNEL);
        engine = engineOf.apply(memory);
    }

    private void map(long vaddr, long mfn) {
        long table = TOP;
        for (int level = 4; level > 1; level--) {
            long at = (table << 12) + 8L * Pte.index(vaddr, level);
            long entry = memory.get64(at);
            if (entry == 0) {
                entry = Pte.of(nextTable++, FLAGS);
                memory.put64(at, entry);
            }
            table = Pte.mfn(entry);
        }
        memory.put64((table << 12) + 8L * Pte.index(vaddr, 1), Pte.of(mfn, FLAGS));
    }

    /**
     * What came of an instruction.
     *
     * @param state the state after it
     * @param exit null if it ended normally, else why not
     */
    record Outcome(ProcessorState state, @Nullable Exit exit) {}

    /** The state after executing {@code instruction} in state {@code before}. */
    Outcome execute(byte[] instruction, ProcessorState before) {
        load(before);
        int offset = (int) (ProcessorState.INSTRUCTION - ProcessorState.CODE);
        memory.write(((long) CODE_FRAME << 12) + offset, instruction, 0, instruction.length);
        Exit exit;
        int rounds = 0;
        do {
            cpu.limit = cpu.retired + 1;
            exit = engine.run(cpu);
        } while (exit == Exit.Simple.TIME_UP && cpu.rip == before.rip && rounds++ < 4096);
        return new Outcome(store(), exit == Exit.Simple.TIME_UP ? null : exit);
    }

    private void load(ProcessorState s) {
        cpu.setRegisters(s.gpr);
        cpu.rip = s.rip;
        cpu.setRflags(s.rflags);
        cpu.mxcsr = s.mxcsr;
        cpu.fpu.control = s.fcw;
        cpu.fpu.top = s.fsw >> 11 & 7;
        cpu.fpu.status = s.fsw & ~(7 << 11);
        cpu.fpu.empty = ~s.ftw & 0xff;
        for (int i = 0; i < 8; i++) {
            cpu.fpu.significand[cpu.fpu.top + i & 7] = s.significand[i];
            cpu.fpu.signExponent[cpu.fpu.top + i & 7] = s.signExponent[i];
        }
        for (int i = 0; i < 16; i++) {
            cpu.xmm[4 * i] = s.xmm[2 * i];
            cpu.xmm[4 * i + 1] = s.xmm[2 * i + 1];
        }
        memory.write(((long) FIRST_PAGE_FRAME << 12) + 0xe00, s.window, 0, 0x200);
        memory.write((long) SECOND_PAGE_FRAME << 12, s.window, 0x200, 0x200);
    }

    private ProcessorState store() {
        ProcessorState s = new ProcessorState();
        System.arraycopy(cpu.registers(), 0, s.gpr, 0, 16);
        s.rip = cpu.rip;
        s.rflags = cpu.rflags();
        s.mxcsr = cpu.mxcsr;
        s.fcw = cpu.fpu.control;
        s.fsw = cpu.fpu.status & ~(7 << 11) | cpu.fpu.top << 11;
        s.ftw = ~cpu.fpu.empty & 0xff;
        for (int i = 0; i < 8; i++) {
            s.significand[i] = cpu.fpu.significand[cpu.fpu.top + i & 7];
            s.signExponent[i] = cpu.fpu.signExponent[cpu.fpu.top + i & 7] & 0xffff;
        }
        for (int i = 0; i < 16; i++) {
            s.xmm[2 * i] = cpu.xmm[4 * i];
            s.xmm[2 * i + 1] = cpu.xmm[4 * i + 1];
        }
        memory.read(((long) FIRST_PAGE_FRAME << 12) + 0xe00, s.window, 0, 0x200);
        memory.read((long) SECOND_PAGE_FRAME << 12, s.window, 0x200, 0x200);
        return s;
    }
}
