package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;

/** LODS. With a repetition the last element of a page is the only one that shows. */
final class Lods extends StringOp {
    Lods(StringForm form) {
        super(form);
    }

    @Override
    long several(Cpu cpu, long most) {
        boolean down = StringForm.backward(cpu);
        long from = form.source(cpu);
        long n = most > 1 ? Math.max(1, form.withinPage(cpu, Cpu.RSI, from, most, down)) : 1;
        if (n > 1) {
            // A fault is the first element's.
            cpu.mmu.checkRead(from, form.size);
        }
        long before = (n - 1) * form.size;
        long value = cpu.mmu.read(down ? from - before : from + before, form.size);
        if (form.size == 1) {
            cpu.rax = cpu.rax & ~0xffL | value;
        } else {
            Place.setRegister(cpu, Cpu.RAX, form.size, value);
        }
        form.advance(cpu, Cpu.RSI, n);
        return n;
    }
}
