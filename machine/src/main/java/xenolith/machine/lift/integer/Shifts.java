package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.Shift;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** ROL to SAR, SHLD and SHRD: C0, C1, D0 to D3; 0F A4, A5, AC, AD. */
final class Shifts {
    private static final int ROL = 0;
    private static final int ROR = 1;
    private static final int RCL = 2;

    /** 3 is RCR. */
    private static final int SHL = 4;

    private static final int SHR = 5;
    private static final int SAR = 7;

    /** The count is in CL. */
    private static final int BY_CL = -1;

    private Shifts() {}

    static @Nullable Op of(Instruction i) {
        if (i.lock) {
            return null;
        }
        int size = Place.sizeByOpcode(i);
        int kind = i.reg & 7;
        // /6 is SHL once more.
        kind = kind == 6 ? SHL : kind;
        int count = i.opcode < 0xd0 ? (int) i.immediate & 0xff : i.opcode < 0xd2 ? 1 : BY_CL;
        if (count != BY_CL) {
            count &= size == 8 ? 63 : 31;
        }
        if (!i.memory() && size >= 4 && count > 0) {
            Op op =
                    switch (kind) {
                        case SHL -> new Left(i.rm, count, size);
                        case SHR -> new Right(i.rm, count, size);
                        case SAR -> new SignedRight(i.rm, count, size);
                        default -> null;
                    };
            if (op != null) {
                return op;
            }
        }
        return new Any(kind, Place.rm(i, size), count);
    }

    static @Nullable Op ofDouble(Instruction i) {
        if (i.lock) {
            return null;
        }
        boolean left = i.opcode < 0xa8;
        int count = (i.opcode & 1) == 0 ? (int) i.immediate & 0xff : BY_CL;
        return new DoubleShift(left, Place.rm(i, i.operandSize), i.reg, count);
    }

    /** The result of shift {@code kind} by {@code n}, not 0; sets the flags. */
    static long apply(Cpu cpu, int kind, long a, int n, long aux, int shift) {
        if (kind >= SHL) {
            return shift(cpu, kind, a, n, shift);
        }
        long result =
                switch (kind) {
                    case ROL -> Shift.rol(a, n, shift);
                    case ROR -> Shift.ror(a, n, shift);
                    case RCL -> Shift.rcl(a, n, shift, aux);
                    default -> Shift.rcr(a, n, shift, aux);
                };
        cpu.flagAux =
                switch (kind) {
                    case ROL -> Shift.auxRol(result, shift, aux);
                    case ROR -> Shift.auxRor(result, shift, aux);
                    case RCL -> Shift.auxRcl(a, n, result, shift, aux);
                    default -> Shift.auxRcr(a, n, result, shift, aux);
                };
        return result;
    }

    private static long shift(Cpu cpu, int kind, long a, int n, int shift) {
        long result =
                switch (kind) {
                    case SHL -> Shift.shl(a, n, shift);
                    case SHR -> Shift.shr(a, n, shift);
                    default -> Shift.sar(a, n, shift);
                };
        cpu.flagResult = result;
        cpu.flagAux =
                switch (kind) {
                    case SHL -> Shift.auxShl(a, n, shift);
                    case SHR -> Shift.auxShr(a, n, shift);
                    default -> Shift.auxSar(a, n, shift);
                };
        return result;
    }

    private static int count(Cpu cpu, int count, int size) {
        int n = count == BY_CL ? (int) cpu.rcx : count;
        return n & (size == 8 ? 63 : 31);
    }

    private static final class Any extends Modify {
        private final int kind;
        private final int count;

        Any(int kind, Place place, int count) {
            super(place, false);
            this.kind = kind;
            this.count = count;
        }

        @Override
        long modify(Cpu cpu, long old, long aux) {
            int n = count(cpu, count, place.size);
            return n == 0 ? old : apply(cpu, kind, old, n, aux, place.shift);
        }
    }

    private static final class DoubleShift extends Modify {
        private final boolean left;
        private final int from;
        private final int count;

        DoubleShift(boolean left, Place place, int from, int count) {
            super(place, false);
            this.left = left;
            this.from = from;
            this.count = count;
        }

        @Override
        long modify(Cpu cpu, long old, long aux) {
            int n = count(cpu, count, place.size);
            if (n == 0) {
                return old;
            }
            int shift = place.shift;
            long b = cpu.get(from);
            long result = left ? Shift.shld(old, b, n, shift) : Shift.shrd(old, b, n, shift);
            cpu.flagResult = result << shift >> shift;
            cpu.flagAux =
                    left
                            ? Shift.auxShld(old, n, result, shift)
                            : Shift.auxShrd(old, n, result, shift);
            return result;
        }
    }

    /** A 32- or 64-bit register by a constant that is not 0. */
    private abstract static class ByConstant extends Op {
        final int to;
        final int count;
        final int shift;
        final long mask;

        ByConstant(int to, int count, int size) {
            this.to = to;
            this.count = count;
            this.shift = Place.shift(size);
            this.mask = Place.mask(size);
        }
    }

    private static final class Left extends ByConstant {
        Left(int to, int count, int size) {
            super(to, count, size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long result = Shift.shl(a, count, shift);
            cpu.flagResult = result;
            cpu.flagAux = Shift.auxShl(a, count, shift);
            cpu.set(to, result & mask);
        }
    }

    private static final class Right extends ByConstant {
        Right(int to, int count, int size) {
            super(to, count, size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long result = Shift.shr(a, count, shift);
            cpu.flagResult = result;
            cpu.flagAux = Shift.auxShr(a, count, shift);
            cpu.set(to, result);
        }
    }

    private static final class SignedRight extends ByConstant {
        SignedRight(int to, int count, int size) {
            super(to, count, size);
        }

        @Override
        public void execute(Cpu cpu) {
            long a = cpu.get(to);
            long result = Shift.sar(a, count, shift);
            cpu.flagResult = result;
            cpu.flagAux = Shift.auxSar(a, count, shift);
            cpu.set(to, result & mask);
        }
    }
}
