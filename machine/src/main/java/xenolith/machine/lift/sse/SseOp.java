package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Vector;
import xenolith.machine.alu.simd.FloatStatus;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/** What all MMX and SSE instructions share: their memory operand, and whether they may run now. */
abstract class SseOp extends Op {
    private static final long CR0_EM = 1 << 2;
    private static final long CR0_TS = 1 << 3;
    private static final long CR4_OSFXSR = 1 << 9;
    private static final long CR4_OSXMMEXCPT = 1 << 10;

    /** The memory operand, or null where it is a register. */
    final @Nullable Address address;

    SseOp(Instruction i) {
        this.address = i.memory() ? Address.at(i) : null;
    }

    @Override
    public final boolean stackOperand() {
        return address != null && address.stack();
    }

    /** #UD or #NM if SSE is not available (SDM volume 3, table 13-1). */
    static void checkSse(Cpu cpu) {
        if ((cpu.cr0 & (CR0_EM | CR0_TS) | cpu.cr4 & CR4_OSFXSR) != CR4_OSFXSR) {
            boolean none = (cpu.cr0 & CR0_EM) != 0 || (cpu.cr4 & CR4_OSFXSR) == 0;
            throw cpu.fault(none ? Vector.UD : Vector.NM);
        }
    }

    /** #UD, #NM or #MF if MMX is not available (SDM volume 3, table 12-1). */
    static void checkMmx(Cpu cpu) {
        if ((cpu.cr0 & (CR0_EM | CR0_TS)) != 0) {
            throw cpu.fault((cpu.cr0 & CR0_EM) != 0 ? Vector.UD : Vector.NM);
        }
        if ((cpu.fpu.status & ~cpu.fpu.control & 0x3f) != 0) {
            throw cpu.fault(Vector.MF);
        }
    }

    /** The linear address of a 16-byte operand that has to be aligned, else #GP(0). */
    static long aligned(Cpu cpu, Address address) {
        long va = address.of(cpu);
        if ((va & 15) != 0) {
            throw misaligned(cpu);
        }
        return va;
    }

    private static GuestFault misaligned(Cpu cpu) {
        return cpu.fault(Vector.GP, 0);
    }

    /** Sets the sticky flags for what {@code s} met; throws #XM if any of it is not masked. */
    static void raise(Cpu cpu, FloatStatus s) {
        cpu.mxcsr |= s.sticky();
        if (s.unmasked() != 0) {
            throw cpu.fault((cpu.cr4 & CR4_OSXMMEXCPT) != 0 ? Vector.XM : Vector.UD);
        }
    }

    /** Enters MMX state: all registers valid, TOP 0 (SDM volume 1, 9.5.1). */
    static void enterMmx(Cpu cpu) {
        cpu.fpu.top = 0;
        cpu.fpu.empty = 0;
    }

    /** Writes MMX register {@code n}. */
    static void putMmx(Cpu cpu, int n, long value) {
        enterMmx(cpu);
        cpu.fpu.significand[n] = value;
        cpu.fpu.signExponent[n] = 0xffff;
    }
}
