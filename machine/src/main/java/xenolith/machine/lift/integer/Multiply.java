package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.alu.Divide;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/**
 * MUL, IMUL, DIV and IDIV. The flags that the manuals leave undefined are those of AMD's Zen:
 * multiplication changes CF and OF only; division clears SF, ZF and PF and sets AF.
 */
final class Multiply {
    private Multiply() {}

    /** F6 and F7, /4 to /7. */
    static @Nullable Op ofAccumulator(Instruction i) {
        if (i.lock) {
            return null;
        }
        int size = Place.sizeByOpcode(i);
        boolean signed = (i.reg & 1) != 0;
        Place operand = Place.rm(i, size);
        return (i.reg & 7) < 6 ? new Wide(operand, signed) : new Division(operand, signed);
    }

    /** IMUL r, r/m: 0F AF. IMUL r, r/m, imm: 69 and 6B. */
    static @Nullable Op ofSigned(Instruction i) {
        if (i.lock) {
            return null;
        }
        if (i.operandSize >= 4 && !i.memory()) {
            return i.opcode == 0xaf
                    ? new Registers(i.reg, i.reg, i.rm, i.operandSize)
                    : new RegisterImmediate(i.reg, i.rm, i.immediate, i.operandSize);
        }
        Place to = Place.reg(i, i.operandSize);
        Place from = Place.rm(i, i.operandSize);
        return i.opcode == 0xaf ? new Signed(to, from) : new SignedImmediate(to, from, i.immediate);
    }

    private static void setOverflow(Cpu cpu, boolean overflow) {
        cpu.flagAux = Flags.withCarryOverflow(cpu.flagAux, overflow, overflow);
    }

    /** Whether the product of two sign-extended operands does not fit in the width. */
    private static boolean overflows(long a, long b, long product, int shift) {
        return shift == 0
                ? Math.multiplyHigh(a, b) != product >> 63
                : product << shift >> shift != product;
    }

    private static final class Registers extends Op {
        private final int to;
        private final int first;
        private final int second;
        private final int shift;
        private final long mask;

        Registers(int to, int first, int second, int size) {
            this.to = to;
            this.first = first;
            this.second = second;
            this.shift = Place.shift(size);
            this.mask = Place.mask(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(first) << shift >> shift;
            long b = cpu.get(second) << shift >> shift;
            long product = a * b;
            setOverflow(cpu, overflows(a, b, product, shift));
            cpu.set(to, product & mask);
        }
    }

    private static final class RegisterImmediate extends Op {
        private final int to;
        private final int from;
        private final long immediate;
        private final int shift;
        private final long mask;

        RegisterImmediate(int to, int from, long immediate, int size) {
            this.to = to;
            this.from = from;
            this.immediate = immediate;
            this.shift = Place.shift(size);
            this.mask = Place.mask(size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(from) << shift >> shift;
            long product = a * immediate;
            setOverflow(cpu, overflows(a, immediate, product, shift));
            cpu.set(to, product & mask);
        }
    }

    private static long signedValue(Cpu cpu, Place place) {
        return place.read(cpu, place.locate(cpu)) << place.shift >> place.shift;
    }

    private static final class Signed extends Op {
        private final Place to;
        private final Place from;

        Signed(Place to, Place from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long b = signedValue(cpu, from);
            long a = signedValue(cpu, to);
            long product = a * b;
            setOverflow(cpu, overflows(a, b, product, to.shift));
            to.write(cpu, 0, product);
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    private static final class SignedImmediate extends Op {
        private final Place to;
        private final Place from;
        private final long immediate;

        SignedImmediate(Place to, Place from, long immediate) {
            this.to = to;
            this.from = from;
            this.immediate = immediate;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = signedValue(cpu, from);
            long product = a * immediate;
            setOverflow(cpu, overflows(a, immediate, product, to.shift));
            to.write(cpu, 0, product);
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    /** Where a double-width value has its halves: AX, or rDX:rAX. */
    private abstract static class Accumulator extends Op {
        final Place operand;
        final boolean signed;
        final Place low;
        final Place high;

        Accumulator(Place operand, boolean signed) {
            this.operand = operand;
            this.signed = signed;
            int size = operand.size;
            this.low = new Place.Register(Cpu.RAX, size, 0);
            this.high =
                    size == 1
                            ? new Place.Register(Cpu.RAX, 1, 8)
                            : new Place.Register(Cpu.RDX, size, 0);
        }

        @Override
        public boolean stackOperand() {
            return operand.stackOperand();
        }
    }

    private static final class Wide extends Accumulator {
        Wide(Place operand, boolean signed) {
            super(operand, signed);
        }

        @Override
        public void execute(Cpu cpu) {
            int shift = operand.shift;
            long b = operand.read(cpu, operand.locate(cpu));
            long a = low.read(cpu, 0);
            if (signed) {
                a = a << shift >> shift;
                b = b << shift >> shift;
            }
            long product = a * b;
            long top;
            if (shift == 0) {
                top = signed ? Math.multiplyHigh(a, b) : Math.unsignedMultiplyHigh(a, b);
            } else {
                top = product >> operand.size * 8;
            }
            boolean overflow = signed ? overflows(a, b, product, shift) : (top & operand.mask) != 0;
            low.write(cpu, 0, product);
            high.write(cpu, 0, top);
            setOverflow(cpu, overflow);
        }
    }

    private static final class Division extends Accumulator {
        Division(Place operand, boolean signed) {
            super(operand, signed);
        }

        @Override
        public void execute(Cpu cpu) {
            long divisor = operand.read(cpu, operand.locate(cpu));
            if (divisor == 0) {
                throw cpu.fault(Vector.DE);
            }
            long h = high.read(cpu, 0);
            long l = low.read(cpu, 0);
            if (operand.size < 8) {
                narrow(cpu, h << operand.size * 8 | l, divisor);
            } else if (signed) {
                if (!Divide.fitsSigned(h, l, divisor)) {
                    throw cpu.fault(Vector.DE);
                }
                finish(cpu, Divide.quotientSigned(h, l, divisor), l, divisor);
            } else {
                if (!Divide.fitsUnsigned(h, divisor)) {
                    throw cpu.fault(Vector.DE);
                }
                finish(cpu, Divide.quotientUnsigned(h, l, divisor), l, divisor);
            }
        }

        private void narrow(Cpu cpu, long dividend, long divisor) {
            int shift = operand.shift;
            if (!signed) {
                long quotient = Long.divideUnsigned(dividend, divisor);
                if ((quotient & ~operand.mask) != 0) {
                    throw cpu.fault(Vector.DE);
                }
                finish(cpu, quotient, dividend, divisor);
                return;
            }
            int wideShift = operand.size == 4 ? 0 : 64 - 16 * operand.size;
            long a = dividend << wideShift >> wideShift;
            long b = divisor << shift >> shift;
            // The one quotient of longs that overflows.
            if (a == Long.MIN_VALUE && b == -1) {
                throw cpu.fault(Vector.DE);
            }
            long quotient = a / b;
            if (quotient << shift >> shift != quotient) {
                throw cpu.fault(Vector.DE);
            }
            finish(cpu, quotient, a, b);
        }

        private void finish(Cpu cpu, long quotient, long dividend, long divisor) {
            low.write(cpu, 0, quotient);
            high.write(cpu, 0, dividend - quotient * divisor);
            cpu.flagAux = Flags.aux(Flags.cf(cpu.flagAux), Flags.overflow(cpu.flagAux)) | Rflags.AF;
            cpu.flagResult = 1;
        }
    }
}
