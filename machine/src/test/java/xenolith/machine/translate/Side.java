package xenolith.machine.translate;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/** One of the two machines of a {@link Duel}. */
final class Side implements AutoCloseable {
    static final int PAGES = 64;
    private static final int FIRST_FRAME = 16;
    private static final long L1 = 4;
    private static final long FULL = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;

    final MachineMemory memory = new MachineMemory(FIRST_FRAME + PAGES);
    final Cpu cpu = new Cpu(memory, this::time);
    final Engine engine;

    /** Whether the next RDTSC kicks the processor. */
    boolean kickOnTime;

    long kickedAt = -1;

    Side(Function<MachineMemory, Engine> engines) {
        engine = engines.apply(memory);
        long table = Pte.P | Pte.RW | Pte.U | Pte.A;
        memory.put64(1 << 12, Pte.of(2, table));
        memory.put64(2 << 12, Pte.of(3, table));
        memory.put64((3 << 12) + 8 * 2, Pte.of(L1, table));
        cpu.mmu.setRoot(Mmu.KERNEL, 1 << 12);
        cpu.mmu.setUser(Mmu.KERNEL, true);
        cpu.mmu.select(Mmu.KERNEL);
    }

    private long time(Cpu c) {
        if (kickOnTime) {
            kickOnTime = false;
            kickedAt = c.retired;
            c.kick();
        }
        return 3 * c.retired + 12_345;
    }

    /** The frame of page {@code page}, unless it was remapped. */
    static long frame(int page) {
        int alias = (int) (Duel.ALIAS - Duel.DATA >> 12);
        int code = (int) (Duel.CODE - Duel.DATA >> 12);
        int own = page >= alias && page < alias + 4 ? page - alias + code : page;
        // Neighbours in linear memory are none in machine memory.
        return (long) FIRST_FRAME + (own ^ 1);
    }

    static int page(long vaddr) {
        return (int) (vaddr - Duel.DATA >> 12);
    }

    void map(int page, long frame, long flags) {
        memory.put64((L1 << 12) + 8L * page, flags == 0 ? 0 : Pte.of(frame, flags));
        cpu.mmu.flushPage(Duel.DATA + ((long) page << 12));
    }

    long entry(int page) {
        return memory.get64((L1 << 12) + 8L * page);
    }

    /** Loads {@code program} and fills the other pages with what {@code seed} says. */
    void load(Program program, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int page = 0; page < PAGES; page++) {
            long flags = FULL;
            long vaddr = Duel.DATA + ((long) page << 12);
            if (vaddr == Duel.READ_ONLY) {
                flags = Pte.P | Pte.U | Pte.A;
            } else if (vaddr == Duel.SUPERVISOR) {
                flags = Pte.P | Pte.RW | Pte.A | Pte.D;
            } else if (vaddr == Duel.HOLE || vaddr >= Duel.END) {
                flags = 0;
            } else if (random.nextInt(4) == 0) {
                flags &= ~(Pte.A | Pte.D);
            }
            map(page, frame(page), flags);
        }
        byte[] bytes = new byte[4096];
        for (int i = 0; i < 8; i++) {
            random.nextBytes(bytes);
            memory.write(frame(i) << 12, bytes, 0, bytes.length);
        }
        Arrays.fill(bytes, (byte) 0);
        for (int i = 0; i < 2; i++) {
            memory.write(frame(page(Duel.STACK) + i) << 12, bytes, 0, bytes.length);
        }
        for (int i = 0; i < 4; i++) {
            long maddr = frame(page(Duel.CODE) + i) << 12;
            memory.write(maddr, program.code(), 4096 * i, 4096);
        }
        tables(program);
        registers(program.wide(), random);
    }

    private void tables(Program program) {
        int size = program.wide() ? 8 : 4;
        int[] routines = program.routines().length == 0 ? program.entries() : program.routines();
        for (int i = 0; i < 8; i++) {
            poke(Duel.TABLE + (long) i * size, size, program.entries(), i);
            poke(Duel.TABLE + 64 + (long) i * size, size, routines, i);
        }
    }

    private void poke(long vaddr, int size, int[] offsets, int i) {
        long maddr = (frame(page(vaddr)) << 12) + (vaddr & 4095);
        long value = (i % 3 == 2 ? Duel.ALIAS : Duel.CODE) + offsets[i % offsets.length];
        if (size == 8) {
            memory.put64(maddr, value);
        } else {
            memory.put32(maddr, value);
        }
    }

    private void registers(boolean wide, SplittableRandom random) {
        cpu.mode = wide ? Cpu.MODE_64 : Cpu.MODE_32;
        cpu.cpl = 3;
        for (Segment s : cpu.segments) {
            s.selector = 0x2b;
            s.attributes = 0xcff3;
            s.limit = 0xffff_ffffL;
            s.usable = true;
        }
        for (int i = 0; i < 6; i++) {
            cpu.setSegmentBase(i, 0);
        }
        cpu.setSegmentBase(Segment.FS, 0x10);
        cpu.setSegmentBase(Segment.GS, 0x1ff);
        for (int i = 0; i < 16; i++) {
            cpu.set(i, wide ? random.nextLong() : random.nextInt() & 0xffff_ffffL);
        }
        for (int i = 0; i < Cpu.XMM_OPERAND; i++) {
            cpu.xmm[i] = (i & 2) != 0 ? 0 : random.nextLong();
        }
        cpu.fpu.init();
        for (int i = 0; i < 8; i++) {
            cpu.fpu.significand[i] = 0;
            cpu.fpu.signExponent[i] = 0;
        }
        cpu.mxcsr = 0x1f80 | random.nextInt(4) << 13;
        cpu.setRflags(0x202);
        cpu.dr[6] = 0xffff_0ff0L;
    }

    /** Begins again at {@code rip}, with a stack and pointers that are good. */
    void restart(long rip, SplittableRandom random) {
        cpu.rip = rip;
        cpu.set(InstructionMix.RSP, Duel.STACK + 0x1800 - 8L * random.nextInt(4));
        for (int register : new int[] {3, 5, 6, 7}) {
            cpu.set(register, InstructionMix.place(random));
        }
        if (cpu.mode == Cpu.MODE_64) {
            cpu.set(InstructionMix.TRAP, InstructionMix.place(random));
            cpu.set(InstructionMix.INDEX, random.nextInt(100));
            cpu.set(InstructionMix.COUNTER, random.nextInt(30));
        }
        cpu.setRflags(0x202 | random.nextInt() & 0x8d5);
        cpu.pauses = 0;
    }

    Exit run(long limit) {
        cpu.limit = limit;
        return engine.run(cpu);
    }

    MemorySegment frame(long mfn) {
        return memory.frame(mfn);
    }

    @Override
    public void close() {
        memory.close();
    }
}
