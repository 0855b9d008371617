package xenolith.machine.lift.x87;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/**
 * FNSTENV, FLDENV, FNSAVE, FRSTOR: the environment as seven words or doublewords (SDM volume 1,
 * 8.1.10), for FNSAVE and FRSTOR followed by the registers, ten bytes each, from ST(0) on.
 */
abstract class EnvironmentOp extends Op {
    private static final int EXCEPTIONS = 0x3f;

    private final Address address;

    /** Bytes of a field: 2 or 4. */
    private final int field;

    /** Whether the registers follow. */
    private final boolean registers;

    EnvironmentOp(Instruction i, boolean registers) {
        this.address = Address.at(i);
        this.field = i.operandSize == 2 ? 2 : 4;
        this.registers = registers;
    }

    abstract void run(Cpu cpu, Fpu f);

    @Override
    public void execute(Cpu cpu) {
        X87Op.checkAvailable(cpu);
        run(cpu, cpu.fpu);
    }

    @Override
    public boolean stackOperand() {
        return address.stack();
    }

    private int length() {
        return 7 * field + (registers ? 80 : 0);
    }

    private void put(Cpu cpu, int n, long value) {
        // Unused upper halves are stored as ones.
        boolean whole = n == 3 || n == 5 || n == 4;
        long stored = field == 4 && !whole ? value | 0xffff_0000L : value;
        cpu.mmu.write(address.of(cpu, (long) n * field), field, stored);
    }

    private long get(Cpu cpu, int n) {
        return cpu.mmu.read(address.of(cpu, (long) n * field), field);
    }

    /** In real-address mode pointers are linear and the opcode goes with them. */
    private static boolean realMode(Cpu cpu) {
        return (cpu.cr0 & 1) == 0;
    }

    final void store(Cpu cpu, Fpu f) {
        cpu.mmu.checkWrite(address.of(cpu), length());
        put(cpu, 0, f.control);
        put(cpu, 1, f.statusWord());
        put(cpu, 2, f.tagWord());
        if (realMode(cpu)) {
            storeRealPointers(cpu, f);
        } else {
            put(cpu, 3, f.lastInstruction);
            put(cpu, 4, f.lastCodeSelector | (field == 4 ? (long) f.lastOpcode << 16 : 0));
            put(cpu, 5, f.lastOperand);
            put(cpu, 6, f.lastDataSelector);
        }
        for (int n = 0; registers && n < 8; n++) {
            long at = 7L * field + 10L * n;
            cpu.mmu.write64(address.of(cpu, at), f.significand(n));
            cpu.mmu.write16(address.of(cpu, at + 8), f.signExponent(n));
        }
    }

    private void storeRealPointers(Cpu cpu, Fpu f) {
        long instruction = f.lastInstruction + ((long) f.lastCodeSelector << 4);
        long operand = f.lastOperand + ((long) f.lastDataSelector << 4);
        long upper = field == 4 ? 0xffff : 0xf;
        put(cpu, 3, instruction & 0xffff);
        put(cpu, 4, (instruction >>> 16 & upper) << 12 | f.lastOpcode);
        put(cpu, 5, operand & 0xffff);
        put(cpu, 6, (operand >>> 16 & upper) << 12);
    }

    final void load(Cpu cpu, Fpu f) {
        cpu.mmu.checkRead(address.of(cpu), length());
        for (int n = 0; registers && n < 8; n++) {
            long at = 7L * field + 10L * n;
            // TOP is that of the image.
            int physical = (int) (get(cpu, 1) >>> 11) + n & 7;
            f.significand[physical] = cpu.mmu.read64(address.of(cpu, at));
            f.signExponent[physical] = (int) cpu.mmu.read16(address.of(cpu, at + 8));
        }
        f.setControl((int) get(cpu, 0));
        f.setStatusWord((int) get(cpu, 1));
        f.setTagWord((int) get(cpu, 2));
        long codePart = get(cpu, 4);
        f.lastInstruction = get(cpu, 3);
        f.lastOperand = get(cpu, 5);
        if (realMode(cpu)) {
            f.lastInstruction = f.lastInstruction & 0xffff | codePart >>> 12 << 16;
            f.lastOperand = f.lastOperand & 0xffff | get(cpu, 6) >>> 12 << 16;
            f.lastOpcode = (int) codePart & 0x7ff;
            f.lastCodeSelector = 0;
            f.lastDataSelector = 0;
        } else {
            f.lastCodeSelector = (int) codePart & 0xffff;
            f.lastOpcode = (int) (codePart >>> 16) & 0x7ff;
            f.lastDataSelector = (int) get(cpu, 6) & 0xffff;
        }
    }

    /** FNSTENV: masks all exceptions afterwards. */
    static final class Store extends EnvironmentOp {
        Store(Instruction i) {
            super(i, false);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            store(cpu, f);
            f.control |= EXCEPTIONS;
        }
    }

    /** FLDENV. */
    static final class Load extends EnvironmentOp {
        Load(Instruction i) {
            super(i, false);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            X87Op.checkPending(cpu, f);
            load(cpu, f);
        }
    }

    /** FNSAVE: initializes afterwards. */
    static final class Save extends EnvironmentOp {
        Save(Instruction i) {
            super(i, true);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            store(cpu, f);
            f.init();
        }
    }

    /** FRSTOR. */
    static final class Restore extends EnvironmentOp {
        Restore(Instruction i) {
            super(i, true);
        }

        @Override
        void run(Cpu cpu, Fpu f) {
            X87Op.checkPending(cpu, f);
            load(cpu, f);
        }
    }
}
