package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.machine.alu.BitFields;
import xenolith.machine.alu.Shift;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/**
 * The instructions on general registers that have a VEX prefix: BMI1 and BMI2. They need no state
 * that XCR0 would have to enable. All other VEX instructions do not exist here.
 */
final class BitFieldOps {
    private BitFieldOps() {}

    /** Maps 0F 38 and 0F 3A behind a VEX prefix. */
    static @Nullable Op lift(Instruction i) {
        if (i.vexLength != 0) {
            return null;
        }
        int prefix = i.selectingPrefix();
        if (i.map == Instruction.MAP_VEX_0F3A) {
            return i.opcode == 0xf0 && prefix == 0xf2 && i.vexRegister == 0 ? rorx(i) : null;
        }
        return switch (i.opcode) {
            case 0xf2 ->
                    prefix == 0
                            ? withFlags(i, true, (a, b, s) -> BitFields.andn(a, b), NO_CARRY)
                            : null;
            case 0xf3 -> prefix == 0 ? lowest(i) : null;
            case 0xf5 -> f5(i, prefix);
            case 0xf6 -> prefix == 0xf2 ? new Mulx(i) : null;
            case 0xf7 -> f7(i, prefix);
            default -> null;
        };
    }

    /** A result, or the {@code aux} flags that go with it, of two operands. */
    @FunctionalInterface
    private interface Meaning {
        long of(long a, long b, int shift);
    }

    private static final Meaning NO_CARRY = (a, b, s) -> 0;

    /** On AMD's Zen BEXTR sets AF, which the manuals leave undefined. */
    private static final Meaning AUX_BEXTR = (a, b, s) -> Rflags.AF;

    private static Op withFlags(
            Instruction i, boolean registerFirst, Meaning f, @Nullable Meaning aux) {
        Place rm = Place.rm(i, i.operandSize);
        Place v = Place.register(i, i.vexRegister, i.operandSize);
        Place to = Place.reg(i, i.operandSize);
        return registerFirst ? new Binary(to, v, rm, f, aux) : new Binary(to, rm, v, f, aux);
    }

    private static Op plain(Instruction i, boolean registerFirst, Meaning f) {
        return withFlags(i, registerFirst, f, null);
    }

    private static @Nullable Op f5(Instruction i, int prefix) {
        return switch (prefix) {
            case 0 ->
                    withFlags(
                            i,
                            false,
                            (a, n, s) -> BitFields.bzhi(a, n),
                            (a, n, s) -> BitFields.auxBzhi(n, s));
            case 0xf2 -> plain(i, true, (a, mask, s) -> BitFields.pdep(a, mask));
            case 0xf3 -> plain(i, true, (a, mask, s) -> BitFields.pext(a, mask));
            default -> null;
        };
    }

    private static Op f7(Instruction i, int prefix) {
        return switch (prefix) {
            case 0x66 -> plain(i, false, (a, n, s) -> a << cut(n, s));
            case 0xf3 -> plain(i, false, (a, n, s) -> Shift.sar(a, cut(n, s), s));
            case 0xf2 -> plain(i, false, (a, n, s) -> a >>> cut(n, s));
            default -> withFlags(i, false, (a, n, s) -> BitFields.bextr(a, n), AUX_BEXTR);
        };
    }

    /** A count of 5 bits, or 6 for 64-bit operands. */
    private static int cut(long count, int shift) {
        return (int) count & 63 - shift;
    }

    private static Op rorx(Instruction i) {
        int count = (int) i.immediate;
        return new Binary(
                Place.reg(i, i.operandSize),
                Place.rm(i, i.operandSize),
                Place.reg(i, i.operandSize),
                (a, ignored, s) -> Shift.ror(a, count, s),
                null);
    }

    /** BLSR, BLSMSK and BLSI: group 17. */
    private static @Nullable Op lowest(Instruction i) {
        return switch (i.reg & 7) {
            case 1 -> unary(i, (a, b, s) -> BitFields.blsr(a), (a, b, s) -> BitFields.auxIfZero(a));
            case 2 ->
                    unary(
                            i,
                            (a, b, s) -> BitFields.blsmsk(a, s),
                            (a, b, s) -> BitFields.auxIfZero(a));
            case 3 ->
                    unary(
                            i,
                            (a, b, s) -> BitFields.blsi(a),
                            (a, b, s) -> BitFields.auxIfNotZero(a));
            default -> null;
        };
    }

    private static Op unary(Instruction i, Meaning f, Meaning aux) {
        Place to = Place.register(i, i.vexRegister, i.operandSize);
        return new Binary(to, Place.rm(i, i.operandSize), to, f, aux);
    }

    private static final class Binary extends Op {
        private final Place to;
        private final Place first;
        private final Place second;
        private final Meaning f;
        private final @Nullable Meaning aux;

        Binary(Place to, Place first, Place second, Meaning f, @Nullable Meaning aux) {
            this.to = to;
            this.first = first;
            this.second = second;
            this.f = f;
            this.aux = aux;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = first.read(cpu, first.locate(cpu));
            long b = second.read(cpu, second.locate(cpu));
            long result = f.of(a, b, to.shift);
            to.write(cpu, 0, result);
            if (aux != null) {
                cpu.flagResult = result << to.shift >> to.shift;
                cpu.flagAux = aux.of(a, b, to.shift);
            }
        }

        @Override
        public boolean stackOperand() {
            return first.stackOperand() || second.stackOperand();
        }
    }

    private static final class Mulx extends Op {
        private final Place high;
        private final Place low;
        private final Place from;
        private final Place factor;

        Mulx(Instruction i) {
            this.high = Place.reg(i, i.operandSize);
            this.low = Place.register(i, i.vexRegister, i.operandSize);
            this.from = Place.rm(i, i.operandSize);
            this.factor = Place.register(i, Cpu.RDX, i.operandSize);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = factor.read(cpu, 0);
            long b = from.read(cpu, from.locate(cpu));
            low.write(cpu, 0, a * b);
            // Where both name one register it has the upper half.
            high.write(cpu, 0, BitFields.mulxHigh(a, b, high.shift));
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }
}
