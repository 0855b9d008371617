package xenolith.machine.lift.system;

import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.HostBlocks;

/** CMPS and SCAS. Flags change only after the last element: a fault in the middle restores them. */
final class StringCompare extends StringOp {
    private final boolean scan;

    /** 64 less the width in bits. */
    private final int shift;

    private final boolean whileEqual;

    /**
     * @param scan SCAS, which compares with the accumulator
     */
    StringCompare(StringForm form, boolean scan) {
        super(form);
        this.scan = scan;
        this.shift = 64 - 8 * form.size;
        this.whileEqual = form.instruction.rep;
    }

    @Override
    long several(Cpu cpu, long most) {
        long a = 0;
        long b = 0;
        long n = 0;
        try {
            boolean on = true;
            while (on && n < most) {
                long from = scan ? 0 : form.source(cpu);
                long to = form.destination(cpu);
                long k = most - n > 1 ? run(cpu, from, to, most - n) : 1;
                long last = (k - 1) * form.size;
                a = scan ? cpu.rax : cpu.mmu.read(from + last, form.size);
                b = cpu.mmu.read(to + last, form.size);
                move(cpu, k);
                n += k;
                on = (a - b << shift == 0) == whileEqual;
            }
        } catch (GuestFault f) {
            // The elements before are done; the flags stay as they were.
            form.counted(cpu, form.repeated ? n : 0);
            throw f;
        }
        long result = a - b << shift >> shift;
        cpu.flagResult = result;
        cpu.flagAux = Flags.auxSub(a, b, result, shift);
        return n;
    }

    /**
     * How many elements, 1 to {@code most}, may be taken at once: those in one page, up to the one
     * that ends the repetition.
     */
    private long run(Cpu cpu, long from, long to, long most) {
        if (StringForm.backward(cpu)) {
            return 1;
        }
        long n = form.withinPage(cpu, Cpu.RDI, to, most, false);
        if (!scan) {
            n = form.withinPage(cpu, Cpu.RSI, from, n, false);
        }
        if (n <= 1) {
            return 1;
        }
        int size = form.size;
        long bytes = n * size;
        long at;
        if (scan) {
            long host = cpu.mmu.hostForRead(to);
            at = HostBlocks.findValue(host, cpu.rax, bytes, size, !whileEqual);
        } else {
            long fromHost = cpu.mmu.hostForRead(from);
            at = HostBlocks.find(fromHost, cpu.mmu.hostForRead(to), bytes, size, !whileEqual);
        }
        return at == bytes ? n : at / size + 1;
    }

    private void move(Cpu cpu, long elements) {
        if (!scan) {
            form.advance(cpu, Cpu.RSI, elements);
        }
        form.advance(cpu, Cpu.RDI, elements);
    }

    @Override
    boolean enough(Cpu cpu) {
        return (cpu.flagResult == 0) != whileEqual;
    }
}
