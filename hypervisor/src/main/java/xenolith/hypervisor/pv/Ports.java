package xenolith.hypervisor.pv;

import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.mmu.Access;

/**
 * IN and OUT of a PV guest, and {@link PortString INS and OUTS}. No port is owned: reads are all
 * ones, writes vanish; only the index register of the clock chip and the address register of PCI,
 * as a double word, read as they were written. The timer chip is domain 0's.
 */
final class Ports {
    private static final int RTC_INDEX = 0x70;

    private static final int PCI_ADDRESS = 0xcf8;

    private static final long BYTE = 0xff;

    private Ports() {}

    /** #GP: the guest may not. */
    static final int REFUSED = -1;

    /**
     * Executes {@code i}, an instruction with a port. May advance RIP by less.
     *
     * @return the breakpoints it met, as bits of DR6, or {@link #REFUSED}
     */
    static int execute(Vcpu v, Instruction i) {
        int opcode = i.opcode;
        int size = (opcode & 1) == 0 ? 1 : i.operandSize == 2 ? 2 : 4;
        boolean immediate = (opcode & 0xf8) == 0xe0;
        int port = (int) (immediate ? i.immediate & 0xff : v.cpu.rdx & 0xffff);
        if ((opcode & 0xf0) == 0x60) {
            return new PortString(v, i, port, size).execute();
        }
        if (!allowed(v, port, size)) {
            return REFUSED;
        }
        int met = DebugRegisters.onPorts(v, port, size);
        if ((opcode & 2) != 0) {
            write(v, port, size, v.cpu.rax);
            return met;
        }
        long value = read(v, port, size);
        v.cpu.rax =
                switch (size) {
                    case 1 -> v.cpu.rax & ~0xffL | value;
                    case 2 -> v.cpu.rax & ~0xffffL | value;
                    default -> value;
                };
        return met;
    }

    static long read(Vcpu v, int port, int size) {
        if (port == PCI_ADDRESS && size == 4) {
            return v.domain.pciAddress;
        }
        long value = (1L << 8 * size) - 1;
        int shift = 8 * (RTC_INDEX - port);
        boolean index = shift >= 0 && shift < 8 * size;
        return index ? value & ~(BYTE << shift) | (long) v.domain.rtcIndex << shift : value;
    }

    static void write(Vcpu v, int port, int size, long value) {
        int shift = 8 * (RTC_INDEX - port);
        if (port == PCI_ADDRESS && size == 4) {
            v.domain.pciAddress = value & 0xffff_ffffL;
        } else if (shift >= 0 && shift < 8 * size) {
            v.domain.rtcIndex = (int) (value >>> shift) & 0x7f;
        }
    }

    /** Whether the virtual IOPL lets the guest do I/O and use CLI and STI. */
    static boolean ioplAllows(Vcpu v) {
        int ring = v.kernelMode() ? v.domain.assisted(VmAssist.ARCHITECTURAL_IOPL) ? 0 : 1 : 3;
        return ring <= v.iopl;
    }

    static boolean allowed(Vcpu v, int port, int size) {
        if (ioplAllows(v)) {
            return true;
        }
        if (port + size > v.ioBitmapPorts) {
            return false;
        }
        // The bitmap is the kernel's, even if a program asks.
        boolean kernel = v.kernelMode();
        if (!kernel) {
            v.paging.selectKernel();
        }
        try {
            return bitmapAllows(v, port, size);
        } finally {
            if (!kernel && v.domain.compat()) {
                v.cpu.mmu.setPrivilege(true);
            } else if (!kernel) {
                v.paging.selectUser();
            }
        }
    }

    private static boolean bitmapAllows(Vcpu v, int port, int size) {
        for (int p = port; p < port + size; p++) {
            long maddr = v.cpu.mmu.tryTranslate(v.ioBitmap + (p >>> 3), Access.READ);
            if (maddr < 0 || (v.cpu.memory.get8(maddr) >>> (p & 7) & 1) != 0) {
                return false;
            }
        }
        return true;
    }
}
