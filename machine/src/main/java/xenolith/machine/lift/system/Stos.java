package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.HostMemory;

/** STOS. */
final class Stos extends StringOp {
    Stos(StringForm form) {
        super(form);
    }

    @Override
    long several(Cpu cpu, long most) {
        long n = most > 1 && !StringForm.backward(cpu) ? fill(cpu, most) : 0;
        if (n > 0) {
            return n;
        }
        cpu.mmu.write(form.destination(cpu), form.size, cpu.r[Cpu.RAX]);
        form.advance(cpu, Cpu.RDI, 1);
        return 1;
    }

    /** Fills what lies in one page; 0 if that is not even one element. */
    private long fill(Cpu cpu, long most) {
        long to = form.destination(cpu);
        long n = form.withinPage(cpu, Cpu.RDI, to, most);
        if (n == 0) {
            return 0;
        }
        long host = cpu.mmu.hostForWrite(to);
        if (host == -1) {
            return 0;
        }
        fill(host, n * form.size, form.size, cpu.r[Cpu.RAX]);
        form.advance(cpu, Cpu.RDI, n);
        return n;
    }

    private static void fill(long host, long bytes, int size, long value) {
        long pattern =
                switch (size) {
                    case 1 -> (value & 0xff) * 0x0101_0101_0101_0101L;
                    case 2 -> (value & 0xffff) * 0x0001_0001_0001_0001L;
                    case 4 -> (value & 0xffff_ffffL) * 0x1_0000_0001L;
                    default -> value;
                };
        if (pattern == (pattern & 0xff) * 0x0101_0101_0101_0101L) {
            HostMemory.fill(host, bytes, (byte) pattern);
            return;
        }
        long at = 0;
        for (; at + 8 <= bytes; at += 8) {
            HostMemory.put64(host + at, pattern);
        }
        for (; at < bytes; at += size) {
            if (size == 2) {
                HostMemory.put16(host + at, value);
            } else {
                HostMemory.put32(host + at, value);
            }
        }
    }
}
