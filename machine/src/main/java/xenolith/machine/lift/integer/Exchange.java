package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.alu.Flags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. */
final class Exchange {
    private Exchange() {}

    /** XCHG r/m, r: 86 and 87. */
    static @Nullable Op ofExchange(Instruction i) {
        int size = Place.sizeByOpcode(i);
        if (i.memory()) {
            return new Memory(Address.at(i), Place.reg(i, size));
        }
        return i.lock ? null : new Registers(Place.rm(i, size), Place.reg(i, size));
    }

    /** XCHG rAX, r: 91 to 97, and 90 with REX.B. */
    static @Nullable Op ofAccumulator(Instruction i) {
        int size = i.operandSize;
        Place other = new Place.Register(Place.opcodeRegister(i), size, 0);
        return i.lock ? null : new Registers(new Place.Register(Cpu.RAX, size, 0), other);
    }

    /** XADD: 0F C0 and C1. */
    static @Nullable Op ofAdd(Instruction i) {
        int size = Place.sizeByOpcode(i);
        boolean bad = i.lock && !i.memory();
        return bad ? null : new ExchangeAdd(Place.rm(i, size), Place.reg(i, size), i.lock);
    }

    /** CMPXCHG: 0F B0 and B1. */
    static @Nullable Op ofCompare(Instruction i) {
        int size = Place.sizeByOpcode(i);
        if (i.memory()) {
            return new CompareMemory(Address.at(i), Place.reg(i, size), i.lock);
        }
        return i.lock ? null : new CompareRegister(Place.rm(i, size), Place.reg(i, size));
    }

    /** CMPXCHG8B and CMPXCHG16B: 0F C7 /1. */
    static @Nullable Op ofCompareDouble(Instruction i) {
        if (!i.memory() || (i.reg & 7) != 1) {
            return null;
        }
        return i.rexW() ? new Compare16(Address.at(i)) : new Compare8(Address.at(i), i.lock);
    }

    private static final class Registers extends Op {
        private final Place first;
        private final Place second;

        Registers(Place first, Place second) {
            this.first = first;
            this.second = second;
        }

        @Override
        public void execute(Cpu cpu) {
            long a = first.read(cpu, 0);
            long b = second.read(cpu, 0);
            first.write(cpu, 0, b);
            second.write(cpu, 0, a);
        }
    }

    /** Locked with or without the prefix. */
    private static final class Memory extends Op {
        private final Address address;
        private final Place register;

        Memory(Address address, Place register) {
            this.address = address;
            this.register = register;
        }

        @Override
        public void execute(Cpu cpu) {
            long at = address.of(cpu);
            int size = register.size;
            long value = register.read(cpu, 0);
            long old = cpu.mmu.readForWrite(at, size);
            while (true) {
                long found = cpu.mmu.compareAndSwap(at, size, old, value);
                if (found == old) {
                    break;
                }
                old = found;
            }
            register.write(cpu, 0, old);
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static final class ExchangeAdd extends Op {
        private final Place place;
        private final Place register;
        private final boolean lock;

        ExchangeAdd(Place place, Place register, boolean lock) {
            this.place = place;
            this.register = register;
            this.lock = lock;
        }

        @Override
        public void execute(Cpu cpu) {
            long at = place.locate(cpu);
            long addend = register.read(cpu, 0);
            long old = place.readForWrite(cpu, at);
            while (lock) {
                long found = cpu.mmu.compareAndSwap(at, place.size, old, old + addend);
                if (found == old) {
                    break;
                }
                old = found;
            }
            long sum = Arithmetic.apply(cpu, Arithmetic.ADD, old, addend, 0, place.shift);
            register.write(cpu, 0, old);
            if (!lock) {
                place.write(cpu, at, sum);
            }
        }

        @Override
        public boolean stackOperand() {
            return place.stackOperand();
        }
    }

    private static final class CompareRegister extends Op {
        private final Place place;
        private final Place register;
        private final Place accumulator;

        CompareRegister(Place place, Place register) {
            this.place = place;
            this.register = register;
            this.accumulator = new Place.Register(Cpu.RAX, place.size, 0);
        }

        @Override
        public void execute(Cpu cpu) {
            long expected = accumulator.read(cpu, 0);
            long old = place.read(cpu, 0);
            Arithmetic.apply(cpu, Arithmetic.CMP, expected, old, 0, place.shift);
            if (expected == old) {
                place.write(cpu, 0, register.read(cpu, 0));
            } else {
                accumulator.write(cpu, 0, old);
            }
        }
    }

    /** Writes in any case, as the processor does: a store that is captured is always seen. */
    private static final class CompareMemory extends Op {
        private final Address address;
        private final Place register;
        private final Place accumulator;
        private final boolean lock;

        CompareMemory(Address address, Place register, boolean lock) {
            this.address = address;
            this.register = register;
            this.accumulator = new Place.Register(Cpu.RAX, register.size, 0);
            this.lock = lock;
        }

        @Override
        public void execute(Cpu cpu) {
            long at = address.of(cpu);
            long expected = accumulator.read(cpu, 0);
            long old = swap(cpu, at, expected, register.read(cpu, 0), register.size, lock);
            Arithmetic.apply(cpu, Arithmetic.CMP, expected, old, 0, register.shift);
            if (expected != old) {
                accumulator.write(cpu, 0, old);
            }
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    private static long swap(Cpu cpu, long at, long expected, long value, int size, boolean lock) {
        long old = cpu.mmu.readForWrite(at, size);
        if (!lock) {
            cpu.mmu.write(at, size, old == expected ? value : old);
            return old;
        }
        while (true) {
            long found = cpu.mmu.compareAndSwap(at, size, old, old == expected ? value : old);
            if (found == old) {
                return old;
            }
            old = found;
        }
    }

    private static void setZero(Cpu cpu, boolean equal) {
        int status = Flags.status(cpu.flagResult, cpu.flagAux);
        cpu.setStatusFlags(equal ? status | Rflags.ZF : status & ~Rflags.ZF);
    }

    private static final class Compare8 extends Op {
        private final Address address;
        private final boolean lock;

        Compare8(Address address, boolean lock) {
            this.address = address;
            this.lock = lock;
        }

        @Override
        public void execute(Cpu cpu) {
            long expected = cpu.rdx << 32 | cpu.rax & 0xffff_ffffL;
            long value = cpu.rcx << 32 | cpu.rbx & 0xffff_ffffL;
            long old = swap(cpu, address.of(cpu), expected, value, 8, lock);
            if (old != expected) {
                cpu.rax = old & 0xffff_ffffL;
                cpu.rdx = old >>> 32;
            }
            setZero(cpu, old == expected);
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }

    /**
     * Atomic towards other CMPXCHG16B, with or without LOCK. Towards other stores each half is: one
     * of them that comes between the two halves is noticed in the upper half, and then the lower is
     * put back; a reader may see the new lower half with the old upper one.
     */
    private static final class Compare16 extends Op {
        private final Address address;

        Compare16(Address address) {
            this.address = address;
        }

        @Override
        public void execute(Cpu cpu) {
            long at = address.of(cpu);
            if ((at & 15) != 0) {
                throw cpu.fault(Vector.GP, 0);
            }
            cpu.mmu.checkWrite(at, 16);
            synchronized (cpu.memory) {
                compare(cpu, at);
            }
        }

        private static void compare(Cpu cpu, long at) {
            while (true) {
                long low = cpu.mmu.read64(at);
                long high = cpu.mmu.read64(at + 8);
                if (low != cpu.rax || high != cpu.rdx) {
                    cpu.rax = low;
                    cpu.rdx = high;
                    setZero(cpu, false);
                    return;
                }
                if (cpu.mmu.compareAndSwap(at, 8, low, cpu.rbx) != low) {
                    continue;
                }
                if (cpu.mmu.compareAndSwap(at + 8, 8, high, cpu.rcx) == high) {
                    setZero(cpu, true);
                    return;
                }
                cpu.mmu.compareAndSwap(at, 8, cpu.rbx, low);
            }
        }

        @Override
        public boolean stackOperand() {
            return address.stack();
        }
    }
}
