package xenolith.machine.lift.system;

import org.jspecify.annotations.Nullable;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;

/** The ModRM operand of an instruction: a register or memory. */
final class Place {
    private final int register;
    private final @Nullable Address address;

    Place(Instruction i) {
        this.register = i.rm;
        this.address = i.memory() ? Address.at(i) : null;
    }

    boolean memory() {
        return address != null;
    }

    /** The linear address of an operand in memory. */
    long address(Cpu cpu) {
        if (address == null) {
            throw new IllegalStateException("a register operand has no address");
        }
        return address.of(cpu);
    }

    /** Reads 16 bits, zero-extended. */
    int word(Cpu cpu) {
        return (int) (address == null ? cpu.get(register) : cpu.mmu.read16(address.of(cpu)))
                & 0xffff;
    }

    /** Writes 16 bits to memory, or {@code size} bytes to a register. */
    void setWord(Cpu cpu, int size, long value) {
        if (address == null) {
            setRegister(cpu, register, size, value);
        } else {
            cpu.mmu.write16(address.of(cpu), value);
        }
    }

    /** Writes {@code size} (2, 4, 8) bytes of a register: 4 clear its upper half. */
    static void setRegister(Cpu cpu, int register, int size, long value) {
        cpu.set(
                register,
                switch (size) {
                    case 2 -> cpu.get(register) & ~0xffffL | value & 0xffff;
                    case 4 -> value & 0xffff_ffffL;
                    default -> value;
                });
    }
}
