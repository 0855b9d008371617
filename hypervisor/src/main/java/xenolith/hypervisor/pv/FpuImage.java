package xenolith.hypervisor.pv;

import java.nio.ByteBuffer;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;

/** The x87 and SSE state of a struct vcpu_guest_context: as FXSAVE has it (SDM volume 1, 10.5). */
final class FpuImage {
    private static final int MXCSR = 24;
    private static final int MXCSR_MASK = 0xffff;
    private static final int REGISTERS = 32;
    private static final int XMM = 160;

    private FpuImage() {}

    /**
     * Loads {@code cpu} with the image at the beginning of {@code bytes}.
     *
     * @param compat that of a 32-bit guest: pointers with selectors, 8 XMM registers
     */
    static void load(Cpu cpu, ByteBuffer bytes, boolean compat) {
        Fpu f = cpu.fpu;
        f.setControl(bytes.getShort(0) & 0xffff);
        f.setStatusWord(bytes.getShort(2) & 0xffff);
        f.empty = ~bytes.get(4) & 0xff;
        f.lastOpcode = bytes.getShort(6) & 0x7ff;
        long offsets = compat ? 0xffff_ffffL : -1L;
        f.lastInstruction = bytes.getLong(8) & offsets;
        f.lastOperand = bytes.getLong(16) & offsets;
        f.lastCodeSelector = compat ? bytes.getShort(12) & 0xffff : 0;
        f.lastDataSelector = compat ? bytes.getShort(20) & 0xffff : 0;
        cpu.mxcsr = bytes.getInt(MXCSR) & MXCSR_MASK;
        for (int n = 0; n < 8; n++) {
            int physical = f.physical(n);
            f.significand[physical] = bytes.getLong(REGISTERS + 16 * n);
            f.signExponent[physical] = bytes.getShort(REGISTERS + 16 * n + 8) & 0xffff;
        }
        for (int n = 0; n < (compat ? 8 : 16); n++) {
            cpu.xmm[4 * n] = bytes.getLong(XMM + 16 * n);
            cpu.xmm[4 * n + 1] = bytes.getLong(XMM + 16 * n + 8);
        }
    }
}
