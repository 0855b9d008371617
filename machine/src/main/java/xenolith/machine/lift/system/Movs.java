package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.HostBlocks;

/** MOVS. */
final class Movs extends StringOp {
    Movs(StringForm form) {
        super(form);
    }

    @Override
    long several(Cpu cpu, long most) {
        long n = most > 1 ? copy(cpu, most) : 0;
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
        boolean down = StringForm.backward(cpu);
        long n = form.withinPage(cpu, Cpu.RSI, from, most, down);
        n = form.withinPage(cpu, Cpu.RDI, to, n, down);
        if (n == 0) {
            return 0;
        }
        long fromHost = cpu.mmu.hostForRead(from);
        long toHost = cpu.mmu.hostForWrite(to);
        if (toHost == -1) {
            return 0;
        }
        int size = form.size;
        long bytes = n * size;
        if (down) {
            long below = bytes - size;
            HostBlocks.copyDownwards(fromHost - below, toHost - below, bytes, size);
            cpu.mmu.blockWritten(to - below, (int) bytes);
        } else {
            HostBlocks.copyUpwards(fromHost, toHost, bytes, size);
            cpu.mmu.blockWritten(to, (int) bytes);
        }
        advance(cpu, n);
        return n;
    }
}
