package xenolith.machine.lift.system;

import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.fault.GuestFault;

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
        long result = cpu.flagResult;
        long aux = cpu.flagAux;
        long n = 0;
        try {
            boolean on = true;
            while (on && n < most) {
                long a = scan ? cpu.r[Cpu.RAX] : cpu.mmu.read(form.source(cpu), form.size);
                long b = cpu.mmu.read(form.destination(cpu), form.size);
                result = a - b << shift >> shift;
                aux = Flags.auxSub(a, b, result, shift);
                move(cpu);
                n++;
                on = (result == 0) == whileEqual;
            }
        } catch (GuestFault f) {
            // The elements before are done; the flags stay as they were.
            form.counted(cpu, form.repeated ? n : 0);
            throw f;
        }
        cpu.flagResult = result;
        cpu.flagAux = aux;
        return n;
    }

    private void move(Cpu cpu) {
        if (!scan) {
            form.advance(cpu, Cpu.RSI, 1);
        }
        form.advance(cpu, Cpu.RDI, 1);
    }

    @Override
    boolean enough(Cpu cpu) {
        return (cpu.flagResult == 0) != whileEqual;
    }
}
