package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.BitFields;
import xenolith.machine.alu.Bits;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** BT, BTS, BTR, BTC; BSF, BSR; TZCNT, LZCNT; POPCNT; CRC32. */
final class BitOps {
    private static final int BT = 0;
    private static final int BTS = 1;
    private static final int BTR = 2;

    private BitOps() {}

    /** 0F A3, AB, B3, BB, with the bit's number in a register. */
    static @Nullable Op ofRegister(Instruction i) {
        int kind = i.opcode >>> 3 & 3;
        if (badLock(i, kind)) {
            return null;
        }
        Place number = Place.reg(i, i.operandSize);
        if (i.memory()) {
            return new InMemory(kind, Address.at(i), number, i.lock);
        }
        return kind == BT
                ? new Probe(Place.rm(i, i.operandSize), number, 0)
                : new Change(kind, Place.rm(i, i.operandSize), number, 0, false);
    }

    /** 0F BA /4 to /7, with the bit's number as immediate. */
    static @Nullable Op ofImmediate(Instruction i) {
        int kind = i.reg & 3;
        if ((i.reg & 4) == 0 || badLock(i, kind)) {
            return null;
        }
        Place place = Place.rm(i, i.operandSize);
        int number = (int) i.immediate & i.operandSize * 8 - 1;
        return kind == BT
                ? new Probe(place, null, number)
                : new Change(kind, place, null, number, i.lock);
    }

    private static boolean badLock(Instruction i, int kind) {
        return i.lock && (!i.memory() || kind == BT);
    }

    /** TZCNT and LZCNT: F3 0F BC and BD. */
    static Op ofZeros(Instruction i) {
        return new Zeros(Place.reg(i, i.operandSize), Place.rm(i, i.operandSize), i.opcode == 0xbd);
    }

    /** BSF and BSR: 0F BC and BD. */
    static Op ofScan(Instruction i) {
        return new Scan(Place.reg(i, i.operandSize), Place.rm(i, i.operandSize), i.opcode == 0xbd);
    }

    /** POPCNT: F3 0F B8. */
    static @Nullable Op ofCount(Instruction i) {
        return i.rep ? new Count(Place.reg(i, i.operandSize), Place.rm(i, i.operandSize)) : null;
    }

    /** CRC32: F2 0F 38 F0 and F1. */
    static Op ofCrc(Instruction i) {
        int size = i.opcode == 0xf0 ? 1 : i.operandSize;
        return new Crc(i.reg, Place.rm(i, size));
    }

    /** Changes bit {@code n} of {@code old}, and CF to what it was. */
    private static long change(Cpu cpu, int kind, long old, int n, long aux) {
        cpu.flagAux = Flags.withCarry(aux, (old >>> n & 1) != 0);
        long bit = 1L << n;
        return kind == BTS ? old | bit : kind == BTR ? old & ~bit : old ^ bit;
    }

    private static final class Probe extends Op {
        private final Place place;
        private final @Nullable Place number;
        private final int constant;

        Probe(Place place, @Nullable Place number, int constant) {
            this.place = place;
            this.number = number;
            this.constant = constant;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = place.read(cpu, place.locate(cpu));
            int n = number == null ? constant : (int) number.read(cpu, 0) & place.size * 8 - 1;
            cpu.flagAux = Flags.withCarry(cpu.flagAux, (value >>> n & 1) != 0);
        }

        @Override
        public boolean stackOperand() {
            return place.stackOperand();
        }
    }

    private static final class Change extends Modify {
        private final int kind;
        private final @Nullable Place number;
        private final int constant;

        Change(int kind, Place place, @Nullable Place number, int constant, boolean lock) {
            super(place, lock);
            this.kind = kind;
            this.number = number;
            this.constant = constant;
        }

        @Override
        long modify(Cpu cpu, long old, long aux) {
            int n = number == null ? constant : (int) number.read(cpu, 0) & place.size * 8 - 1;
            return change(cpu, kind, old, n, aux);
        }
    }

    /** A signed bit number in a register reaches beyond the operand. */
    private static final class InMemory extends Op {
        private final int kind;
        private final Address address;
        private final Place number;
        private final boolean lock;

        InMemory(int kind, Address address, Place number, boolean lock) {
            this.kind = kind;
            this.address = address;
            this.number = number;
            this.lock = lock;
        }

        @Override
        public void execute(Cpu cpu) {
            int size = number.size;
            long bit = number.read(cpu, 0) << number.shift >> number.shift;
            long at = address.of(cpu, bit >> 3 & -size);
            int n = (int) bit & size * 8 - 1;
            long aux = cpu.flagAux;
            if (kind == BT) {
                long value = cpu.mmu.read(at, size);
                cpu.flagAux = Flags.withCarry(aux, (value >>> n & 1) != 0);
                return;
            }
            long old = cpu.mmu.readForWrite(at, size);
            if (!lock) {
                cpu.mmu.write(at, size, change(cpu, kind, old, n, aux));
                return;
            }
            while (true) {
                long result = change(cpu, kind, old, n, aux);
                long found = cpu.mmu.compareAndSwap(at, size, old, result);
                if (found == old) {
                    return;
                }
                old = found;
            }
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    /** Flags as on AMD's Zen: PF of the index, CF, OF, SF and AF clear; 0 leaves the register. */
    private static final class Scan extends Op {
        private final Place to;
        private final Place from;
        private final boolean reverse;

        Scan(Place to, Place from, boolean reverse) {
            this.to = to;
            this.from = from;
            this.reverse = reverse;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = from.read(cpu, from.locate(cpu));
            cpu.flagAux = 0;
            if (a == 0) {
                cpu.flagResult = 0;
                return;
            }
            int index = reverse ? 63 - Long.numberOfLeadingZeros(a) : Long.numberOfTrailingZeros(a);
            to.write(cpu, 0, index);
            // Not zero, and its low byte is the index.
            cpu.flagResult = index | 0x100;
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    private static final class Zeros extends Op {
        private final Place to;
        private final Place from;
        private final boolean leading;

        Zeros(Place to, Place from, boolean leading) {
            this.to = to;
            this.from = from;
            this.leading = leading;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = from.read(cpu, from.locate(cpu));
            int shift = from.shift;
            int n = leading ? BitFields.lzcnt(a, shift) : BitFields.tzcnt(a, shift);
            to.write(cpu, 0, n);
            cpu.flagResult = n;
            cpu.flagAux = BitFields.auxIfZero(a);
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    private static final class Count extends Op {
        private final Place to;
        private final Place from;

        Count(Place to, Place from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = from.read(cpu, from.locate(cpu));
            to.write(cpu, 0, Long.bitCount(a));
            // All flags clear but ZF: PF stays clear even for 0, whose parity is even.
            cpu.flagResult = a == 0 ? 0 : 1;
            cpu.flagAux = a == 0 ? 1 << 8 : 0;
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    private static final class Crc extends Op {
        private final int to;
        private final Place from;

        Crc(int to, Place from) {
            this.to = to;
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = from.read(cpu, from.locate(cpu));
            cpu.set(to, Bits.crc32(cpu.get(to), a, from.size));
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }
}
