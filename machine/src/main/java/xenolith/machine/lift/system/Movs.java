package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.HostMemory;

/** MOVS. */
final class Movs extends StringOp {
    Movs(StringForm form) {
        super(form);
    }

    @Override
    long several(Cpu cpu, long most) {
        long n = most > 1 && !StringForm.backward(cpu) ? copy(cpu, most) : 0;
        if (n > 0) {
            return n;
        }
        long value = cpu.mmu.read(form.source(cpu), form.size);
        cpu.mmu.write(form.destination(cpu), form.size, value);
        advance(cpu, 1);
        return 1;
    }

    private void advance(Cpu cpu, long elements) {
        form.advance(cpu, Cpu.RSI, elements);
        form.advance(cpu, Cpu.RDI, elements);
    }

    /** Copies what lies in one page on both sides; 0 if that is not even one element. */
    private long copy(Cpu cpu, long most) {
        long from = form.source(cpu);
        long to = form.destination(cpu);
        long n = form.withinPage(cpu, Cpu.RSI, from, most);
        n = form.withinPage(cpu, Cpu.RDI, to, n);
        if (n == 0) {
            return 0;
        }
        long fromHost = cpu.mmu.hostForRead(from);
        long toHost = cpu.mmu.hostForWrite(to);
        if (toHost == -1) {
            return 0;
        }
        copyUpwards(fromHost, toHost, n, form.size);
        advance(cpu, n);
        return n;
    }

    /**
     * Copies {@code n} elements upwards one after another: where the destination begins within the
     * source, later elements read what earlier ones wrote.
     */
    private static void copyUpwards(long from, long to, long n, int size) {
        long bytes = n * size;
        long ahead = to - from;
        if (ahead <= 0 || ahead >= bytes) {
            HostMemory.copy(from, to, bytes);
            return;
        }
        for (long at = 0; at < bytes; at += size) {
            switch (size) {
                case 1 -> HostMemory.put8(to + at, HostMemory.get8(from + at));
                case 2 -> HostMemory.put16(to + at, HostMemory.get16(from + at));
                case 4 -> HostMemory.put32(to + at, HostMemory.get32(from + at));
                default -> HostMemory.put64(to + at, HostMemory.get64(from + at));
            }
        }
    }
}
