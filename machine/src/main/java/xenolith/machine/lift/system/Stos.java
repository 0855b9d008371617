package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.HostBlocks;

/** STOS. */
final class Stos extends StringOp {
    Stos(StringForm form) {
        super(form);
    }

    @Override
    long several(Cpu cpu, long most) {
        long n = most > 1 ? fill(cpu, most) : 0;
        if (n > 0) {
            return n;
        }
        cpu.mmu.write(form.destination(cpu), form.size, cpu.rax);
        form.advance(cpu, Cpu.RDI, 1);
        return 1;
    }

    /** Fills what lies in one page; 0 if that is not even one element. */
    private long fill(Cpu cpu, long most) {
        long to = form.destination(cpu);
        boolean down = StringForm.backward(cpu);
        long n = form.withinPage(cpu, Cpu.RDI, to, most, down);
        if (n == 0) {
            return 0;
        }
        long host = cpu.mmu.hostForWrite(to);
        if (host == -1) {
            return 0;
        }
        long bytes = n * form.size;
        long below = down ? bytes - form.size : 0;
        HostBlocks.fill(host - below, bytes, form.size, cpu.rax);
        cpu.mmu.blockWritten(to - below, (int) bytes);
        form.advance(cpu, Cpu.RDI, n);
        return n;
    }
}
