package xenolith.machine.lift.x87;

import xenolith.machine.alu.x87.Conversion;
import xenolith.machine.alu.x87.Extended80;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;

/** Formats of numbers in memory. */
enum Operand {
    SINGLE(4),
    DOUBLE(8),
    INTEGER_16(2),
    INTEGER_32(4),
    INTEGER_64(8),
    EXTENDED(10),
    BCD(10);

    /** Bytes in memory. */
    final int size;

    Operand(int size) {
        this.size = size;
    }

    /** The format of the arithmetic instructions D8, DA, DC, DE. */
    static Operand ofArithmetic(Instruction i) {
        return switch (i.opcode) {
            case 0xd8 -> SINGLE;
            case 0xda -> INTEGER_32;
            case 0xdc -> DOUBLE;
            default -> INTEGER_16;
        };
    }

    /**
     * Reads the operand at {@code address} into {@code z} as an 80-bit number, with DE for a
     * denormal that is none as an 80-bit number; signaling NaNs still signal.
     */
    void read(Cpu cpu, Address address, Extended80 z) {
        long va = address.of(cpu);
        switch (this) {
            case SINGLE -> Conversion.fromSingle(z, cpu.mmu.read32(va));
            case DOUBLE -> Conversion.fromDouble(z, cpu.mmu.read64(va));
            case INTEGER_16 -> Conversion.fromInteger(z, (short) cpu.mmu.read16(va));
            case INTEGER_32 -> Conversion.fromInteger(z, signed32(cpu.mmu.read32(va)));
            case INTEGER_64 -> Conversion.fromInteger(z, cpu.mmu.read64(va));
            case EXTENDED -> {
                long low = cpu.mmu.read64(va);
                int high = (int) cpu.mmu.read16(address.of(cpu, 8));
                z.exceptions = 0;
                z.set(high, low);
            }
            case BCD -> {
                long low = cpu.mmu.read64(va);
                Conversion.fromBcd(z, (int) cpu.mmu.read16(address.of(cpu, 8)), low);
            }
        }
    }

    private static long signed32(long value) {
        return value << 32 >> 32;
    }

    /** Stores {@code low} and, in the formats of ten bytes, {@code high}; all of it or nothing. */
    void write(Cpu cpu, Address address, long low, int high) {
        long va = address.of(cpu);
        if (size == 10) {
            cpu.mmu.checkWrite(va, size);
            cpu.mmu.write64(va, low);
            cpu.mmu.write16(address.of(cpu, 8), high);
        } else {
            cpu.mmu.write(va, size, low);
        }
    }
}
