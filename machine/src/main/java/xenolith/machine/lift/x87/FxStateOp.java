package xenolith.machine.lift.x87;

import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** FXSAVE and FXRSTOR: 512 bytes of x87 and SSE state (SDM volume 1, 10.5). */
abstract class FxStateOp extends Op {
    /** Bits of MXCSR that exist. */
    private static final int MXCSR_MASK = 0xffff;

    private static final int SIZE = 512;
    private static final int REGISTERS = 32;
    private static final int XMM = 160;

    private final Address address;

    /** Whether pointers are 64 bits wide and without selectors (REX.W). */
    private final boolean wide;

    /** XMM registers in the image: 16 in 64-bit mode, else 8. */
    private final int xmmCount;

    FxStateOp(Instruction i) {
        this.address = Address.at(i);
        this.wide = i.rexW();
        this.xmmCount = i.mode == Cpu.MODE_64 ? 16 : 8;
    }

    abstract void run(Cpu cpu, long va);

    @Override
    public void execute(Cpu cpu) {
        X87Op.checkAvailable(cpu);
        long va = address.of(cpu);
        if ((va & 15) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        run(cpu, va);
    }

    @Override
    public boolean stackOperand() {
        return address.stack();
    }

    /** FXSAVE. */
    static final class Save extends FxStateOp {
        Save(Instruction i) {
            super(i);
        }

        @Override
        void run(Cpu cpu, long va) {
            cpu.mmu.checkWrite(va, SIZE);
            save(cpu, va);
        }
    }

    final void save(Cpu cpu, long va) {
        Fpu f = cpu.fpu;
        long tags = ~f.empty & 0xff;
        cpu.mmu.write64(
                va,
                f.control | (long) f.statusWord() << 16 | tags << 32 | (long) f.lastOpcode << 48);
        if (wide) {
            cpu.mmu.write64(va + 8, f.lastInstruction);
            cpu.mmu.write64(va + 16, f.lastOperand);
        } else {
            cpu.mmu.write64(
                    va + 8, f.lastInstruction & 0xffff_ffffL | (long) f.lastCodeSelector << 32);
            cpu.mmu.write64(
                    va + 16, f.lastOperand & 0xffff_ffffL | (long) f.lastDataSelector << 32);
        }
        cpu.mmu.write64(va + 24, cpu.mxcsr & 0xffff_ffffL | (long) MXCSR_MASK << 32);
        for (int n = 0; n < 8; n++) {
            cpu.mmu.write64(va + REGISTERS + 16L * n, f.significand(n));
            cpu.mmu.write64(va + REGISTERS + 16L * n + 8, f.signExponent(n));
        }
        for (int n = 0; n < xmmCount; n++) {
            cpu.mmu.write64(va + XMM + 16L * n, cpu.xmm[4 * n]);
            cpu.mmu.write64(va + XMM + 16L * n + 8, cpu.xmm[4 * n + 1]);
        }
    }

    /** FXRSTOR. */
    static final class Restore extends FxStateOp {
        Restore(Instruction i) {
            super(i);
        }

        @Override
        void run(Cpu cpu, long va) {
            cpu.mmu.checkRead(va, SIZE);
            int mxcsr = (int) cpu.mmu.read32(va + 24);
            if ((mxcsr & ~MXCSR_MASK) != 0) {
                throw cpu.fault(Vector.GP, 0);
            }
            restore(cpu, va);
            cpu.mxcsr = mxcsr;
        }
    }

    final void restore(Cpu cpu, long va) {
        Fpu f = cpu.fpu;
        long words = cpu.mmu.read64(va);
        f.setControl((int) words & 0xffff);
        f.setStatusWord((int) (words >>> 16) & 0xffff);
        f.empty = (int) ~(words >>> 32) & 0xff;
        f.lastOpcode = (int) (words >>> 48) & 0x7ff;
        long instruction = cpu.mmu.read64(va + 8);
        long operand = cpu.mmu.read64(va + 16);
        f.lastInstruction = wide ? instruction : instruction & 0xffff_ffffL;
        f.lastOperand = wide ? operand : operand & 0xffff_ffffL;
        f.lastCodeSelector = wide ? 0 : (int) (instruction >>> 32) & 0xffff;
        f.lastDataSelector = wide ? 0 : (int) (operand >>> 32) & 0xffff;
        for (int n = 0; n < 8; n++) {
            int physical = f.physical(n);
            f.significand[physical] = cpu.mmu.read64(va + REGISTERS + 16L * n);
            f.signExponent[physical] = (int) cpu.mmu.read16(va + REGISTERS + 16L * n + 8);
        }
        for (int n = 0; n < xmmCount; n++) {
            cpu.xmm[4 * n] = cpu.mmu.read64(va + XMM + 16L * n);
            cpu.xmm[4 * n + 1] = cpu.mmu.read64(va + XMM + 16L * n + 8);
        }
    }
}
