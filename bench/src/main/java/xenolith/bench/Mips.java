package xenolith.bench;

import static xenolith.testkit.asm.Reg.R8;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.EngineKind;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * Millions of guest instructions a second, of the processor alone: register arithmetic, memory with
 * unforeseeable branches (a sort), and recursive calls. Each load runs for a while first, until
 * HotSpot has compiled the engine; the number is the median of seven measurements.
 */
public final class Mips {
    private static final long CODE = 0x10_0000;
    private static final long DATA = 0x20_0000;
    private static final long STACK = 0x30_0000;
    private static final long END = 0x40_0000;
    private static final long WARM = Long.getLong("warm", 60_000_000);
    private static final long MEASURED = Long.getLong("measured", 40_000_000);

    private Mips() {}

    public static void main(String[] args) {
        Map<String, Consumer<Assembler>> loads = new LinkedHashMap<>();
        loads.put("registers", Mips::registers);
        loads.put("sort", Mips::sort);
        loads.put("calls", Mips::calls);
        loads.put("hash", Mips::hash);
        if (args.length > 0) {
            loads.keySet().retainAll(List.of(args));
        }
        loads.forEach((name, code) ->
                System.out.printf(Locale.ROOT, "%-10s %7.1f MIPS%n", name, measure(code)));
    }

    private static double measure(Consumer<Assembler> code) {
        try (MachineMemory memory = new MachineMemory(4096)) {
            Cpu cpu = new Cpu(memory, c -> c.retired);
            map(memory, cpu);
            Assembler a = new Assembler(CODE);
            code.accept(a);
            byte[] bytes = a.bytes();
            memory.write(CODE, bytes, 0, bytes.length);
            cpu.rip = CODE;
            cpu.rsp = STACK;
            Engine engine = EngineKind.standard().on(memory);
            run(engine, cpu, WARM);
            List<Double> rates = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                long start = System.nanoTime();
                run(engine, cpu, MEASURED);
                rates.add(MEASURED * 1e3 / (System.nanoTime() - start));
            }
            return rates.stream().sorted().toList().get(3);
        }
    }

    /** The lowest 4 MiB at their own addresses; tables behind them. */
    private static void map(MachineMemory memory, Cpu cpu) {
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

    private static void run(Engine engine, Cpu cpu, long instructions) {
        cpu.limit = cpu.retired + instructions;
        Exit exit;
        do {
            exit = engine.run(cpu);
        } while (exit == Exit.Simple.TIME_UP && cpu.retired < cpu.limit);
        if (exit != Exit.Simple.TIME_UP) {
            throw new IllegalStateException("left by " + exit + " at " + Long.toHexString(cpu.rip));
        }
    }

    /** A mixing function in registers only. */
    private static void registers(Assembler a) {
        a.mov(RAX, 0x1234_5678).mov(RDX, 77).label("loop");
        for (int i = 0; i < 8; i++) {
            a.mov(RCX, RAX).rol(RCX, 13).xor(RDX, RCX).add(RAX, RDX).shr(RCX, 3).add(RAX, RCX);
            a.or(RAX, 0x55).and(RCX, 0xff).sub(RDX, RCX);
        }
        a.jmp("loop");
    }

    /** Fills 256 words with pseudo-random numbers and sorts them by insertion, again and again. */
    private static void sort(Assembler a) {
        a.mov(RBX, 12345).mov(RDI, DATA).label("again").mov(RCX, 0).label("fill");
        a.raw(0x48, 0x69, 0xdb).data(1_103_515_245, 4).add(RBX, 12345);
        a.mov(Mem.at(RDI, RCX, 8, 0), RBX).inc(RCX).cmp(RCX, 256).j(Cond.NE, "fill");
        a.mov(RCX, 1).label("outer").mov(RAX, Mem.at(RDI, RCX, 8, 0)).mov(RSI, RCX);
        a.label("inner").mov(RDX, Mem.at(RDI, RSI, 8, -8)).cmp(RDX, RAX).j(Cond.BE, "place");
        a.mov(Mem.at(RDI, RSI, 8, 0), RDX).dec(RSI).j(Cond.NE, "inner");
        a.label("place").mov(Mem.at(RDI, RSI, 8, 0), RAX).inc(RCX).cmp(RCX, 256);
        a.j(Cond.NE, "outer").jmp("again");
    }

    /** A hash over the bytes of 64 KiB, as compilers write it. */
    private static void hash(Assembler a) {
        a.mov(RAX, 77).label("again").mov(RDI, DATA).mov(RSI, DATA + 0x1_0000).label("byte");
        a.raw(0x0f, 0xb6, 0x17).add(RDI, 1).xor(RAX, RDX).raw(0x69, 0xc0).data(16_777_619, 4);
        a.cmp(RSI, RDI).j(Cond.NE, "byte").jmp("again");
    }

    /** Fibonacci numbers by recursion. */
    private static void calls(Assembler a) {
        a.label("again").mov(RDI, 20).call("fib").jmp("again");
        a.label("fib").cmp(RDI, 2).j(Cond.B, "small").push(RBX).mov(RBX, RDI);
        a.sub(RDI, 1).call("fib").mov(R8, RBX).lea(RDI, Mem.at(RBX, -2)).mov(RBX, RAX);
        a.call("fib").add(RAX, RBX).pop(RBX).ret().label("small").mov(RAX, RDI).ret();
    }
}
