package xenolith.hypervisor.pv;

import xenolith.abi.x86.Rflags;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.mmu.Access;

/**
 * IN, OUT, INS and OUTS of a PV guest. No port is owned: reads are all ones, writes vanish; only
 * the index register of the clock chip and the address register of PCI, as a double word, read as
 * they were written. The timer chip is domain 0's.
 */
final class Ports {
    private static final int RTC_INDEX = 0x70;

    private static final int PCI_ADDRESS = 0xcf8;

    private static final long BYTE = 0xff;

    /** Elements of one string instruction before others run. */
    private static final int BATCH = 1024;

    private Ports() {}

    /** #GP: the guest may not. */
    static final int REFUSED = -1;

    /**
     * Executes {@code i}, an instruction with a port. May advance RIP by less.
     *
     * @return the breakpoints it met, as bits of DR6, or {@link #REFUSED}
     */
    static int execute(Vcpu v, Instruction i) {
        long[] r = v.cpu.r;
        int opcode = i.opcode;
        int size = (opcode & 1) == 0 ? 1 : i.operandSize == 2 ? 2 : 4;
        boolean immediate = (opcode & 0xf8) == 0xe0;
        int port = (int) (immediate ? i.immediate & 0xff : r[Cpu.RDX] & 0xffff);
        if (!allowed(v, port, size)) {
            return REFUSED;
        }
        int met = DebugRegisters.onPorts(v, port, size);
        if ((opcode & 0xf0) == 0x60) {
            return string(v, i, port, size, met);
        }
        if ((opcode & 2) != 0) {
            write(v, port, size, r[Cpu.RAX]);
            return met;
        }
        long value = read(v, port, size);
        switch (size) {
            case 1 -> r[Cpu.RAX] = r[Cpu.RAX] & ~0xffL | value;
            case 2 -> r[Cpu.RAX] = r[Cpu.RAX] & ~0xffffL | value;
            default -> r[Cpu.RAX] = value;
        }
        return met;
    }

    private static long read(Vcpu v, int port, int size) {
        if (port == PCI_ADDRESS && size == 4) {
            return v.domain.pciAddress;
        }
        long value = (1L << 8 * size) - 1;
        int shift = 8 * (RTC_INDEX - port);
        boolean index = shift >= 0 && shift < 8 * size;
        return index ? value & ~(BYTE << shift) | (long) v.domain.rtcIndex << shift : value;
    }

    private static void write(Vcpu v, int port, int size, long value) {
        int shift = 8 * (RTC_INDEX - port);
        if (port == PCI_ADDRESS && size == 4) {
            v.domain.pciAddress = value & 0xffff_ffffL;
        } else if (shift >= 0 && shift < 8 * size) {
            v.domain.rtcIndex = (int) (value >>> shift) & 0x7f;
        }
    }

    /**
     * INS (6C, 6D) and OUTS (6E, 6F); with REP at most a batch of elements, after which RIP still
     * is at the instruction; one, if that meets a breakpoint or the guest steps. A fault is the
     * guest's, with the elements before it done.
     */
    private static int string(Vcpu v, Instruction i, int port, int size, int met) {
        Cpu cpu = v.cpu;
        long[] r = cpu.r;
        boolean out = (i.opcode & 2) != 0;
        long mask = i.addressSize == 8 ? -1 : i.addressSize == 4 ? 0xffff_ffffL : 0xffff;
        long step = (cpu.rflags() & Rflags.DF) != 0 ? -size : size;
        int index = out ? Cpu.RSI : Cpu.RDI;
        boolean repeated = i.rep || i.repne;
        boolean single = met != 0 || (cpu.systemFlags & Rflags.TF) != 0;
        for (int n = 0; n < (single ? 1 : BATCH); n++) {
            if (repeated && (r[Cpu.RCX] & mask) == 0) {
                return n == 0 ? 0 : met;
            }
            long base = out ? dataBase(cpu, i) : esBase(cpu);
            long va = base + (r[index] & mask);
            if (cpu.mode != Cpu.MODE_64) {
                va &= 0xffff_ffffL;
            }
            if (out) {
                write(v, port, size, cpu.mmu.read(va, size));
            } else {
                cpu.mmu.write(va, size, read(v, port, size));
            }
            r[index] = advance(r[index], step, i.addressSize);
            if (!repeated) {
                return met;
            }
            r[Cpu.RCX] = advance(r[Cpu.RCX], -1, i.addressSize);
        }
        if ((r[Cpu.RCX] & mask) != 0) {
            cpu.rip -= i.length;
            v.yielded = !single;
        }
        return met;
    }

    private static long esBase(Cpu cpu) {
        return cpu.mode == Cpu.MODE_64 ? 0 : cpu.segmentBase(Segment.ES);
    }

    private static long dataBase(Cpu cpu, Instruction i) {
        int s = i.segmentOverride ? i.segment : Segment.DS;
        boolean based = cpu.mode != Cpu.MODE_64 || s == Segment.FS || s == Segment.GS;
        return based ? cpu.segmentBase(s) : 0;
    }

    private static long advance(long value, long by, int addressSize) {
        return switch (addressSize) {
            case 8 -> value + by;
            case 4 -> value + by & 0xffff_ffffL;
            default -> value & ~0xffffL | value + by & 0xffff;
        };
    }

    /** Whether the virtual IOPL lets the guest do I/O and use CLI and STI. */
    static boolean ioplAllows(Vcpu v) {
        int ring = v.kernelMode() ? v.domain.assisted(VmAssist.ARCHITECTURAL_IOPL) ? 0 : 1 : 3;
        return ring <= v.iopl;
    }

    private static boolean allowed(Vcpu v, int port, int size) {
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
