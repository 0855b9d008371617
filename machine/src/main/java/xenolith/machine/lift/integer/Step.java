package xenolith.machine.lift.integer;

import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.ir.Op;

/** INC and DEC of 32- and 64-bit registers. */
final class Step {
    private Step() {}

    static final class Inc extends Op {
        private final int to;
        private final int shift;
        private final long mask;

        Inc(int to, int size) {
            this.to = to;
            this.shift = Place.shift(size);
            this.mask = Place.mask(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long result = a + 1;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxInc(a, result, shift, cpu.flagAux);
            cpu.set(to, result & mask);
        }
    }

    static final class Dec extends Op {
        private final int to;
        private final int shift;
        private final long mask;

        Dec(int to, int size) {
            this.to = to;
            this.shift = Place.shift(size);
            this.mask = Place.mask(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long result = a - 1;
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux = Flags.auxDec(a, result, shift, cpu.flagAux);
            cpu.set(to, result & mask);
        }
    }
}
