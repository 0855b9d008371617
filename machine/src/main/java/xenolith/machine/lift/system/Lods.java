package xenolith.machine.lift.system;

import xenolith.machine.cpu.Cpu;

/** LODS. */
final class Lods extends StringOp {
    Lods(StringForm form) {
        super(form);
    }

    @Override
    long several(Cpu cpu, long most) {
        long value = cpu.mmu.read(form.source(cpu), form.size);
        if (form.size == 1) {
            cpu.r[Cpu.RAX] = cpu.r[Cpu.RAX] & ~0xffL | value;
        } else {
            Place.setRegister(cpu, Cpu.RAX, form.size, value);
        }
        form.advance(cpu, Cpu.RSI, 1);
        return 1;
    }
}
