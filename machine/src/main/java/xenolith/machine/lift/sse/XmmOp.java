package xenolith.machine.lift.sse;

import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;

/**
 * An instruction on an XMM register and an XMM register or memory. Sources are given as an index
 * into {@code Cpu.xmm}: a register, or the slot to which memory was read.
 */
abstract class XmmOp extends SseOp {
    /** Index in {@code Cpu.xmm} of the low half of the ModRM.reg register. */
    final int reg;

    /** Likewise of the ModRM.rm register, if that is one. */
    final int rm;

    XmmOp(Instruction i) {
        super(i);
        this.reg = 4 * i.reg;
        this.rm = 4 * i.rm;
    }

    /** Checks that SSE is available; index of the 16-byte source, aligned if it is in memory. */
    final int source(Cpu cpu) {
        checkSse(cpu);
        if (address == null) {
            return rm;
        }
        cpu.mmu.read128(aligned(cpu, address), cpu.xmm, Cpu.XMM_OPERAND);
        return Cpu.XMM_OPERAND;
    }

    /** As {@link #source}, with any alignment. */
    final int sourceUnaligned(Cpu cpu) {
        checkSse(cpu);
        if (address == null) {
            return rm;
        }
        cpu.mmu.read128(address.of(cpu), cpu.xmm, Cpu.XMM_OPERAND);
        return Cpu.XMM_OPERAND;
    }

    /**
     * As {@link #source}, of {@code bytes} (1, 2, 4, 8) bytes if in memory; what is above is
     * undefined. With 16 it is {@link #source}.
     */
    final int source(Cpu cpu, int bytes) {
        if (bytes == 16 || address == null) {
            return source(cpu);
        }
        checkSse(cpu);
        cpu.xmm[Cpu.XMM_OPERAND] = cpu.mmu.read(address.of(cpu), bytes);
        return Cpu.XMM_OPERAND;
    }

    /** The 8-byte source. */
    final long source64(Cpu cpu) {
        checkSse(cpu);
        return address == null ? cpu.xmm[rm] : cpu.mmu.read64(address.of(cpu));
    }

    /** The 4-byte source, zero-extended. */
    final long source32(Cpu cpu) {
        checkSse(cpu);
        return address == null ? cpu.xmm[rm] & 0xffff_ffffL : cpu.mmu.read32(address.of(cpu));
    }
}
