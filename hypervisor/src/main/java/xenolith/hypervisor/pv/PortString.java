package xenolith.hypervisor.pv;

import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Bounce;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Descriptor;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;

/**
 * INS (6C, 6D) and OUTS (6E, 6F) of a PV guest. It is the hypervisor that copies, so that the
 * checks of the memory operand are Xen's (rep_ins and rep_outs in arch/x86/pv/emul-priv-op.c).
 */
final class PortString {
    /** Elements of one instruction before others run. */
    private static final int BATCH = 1024;

    private static final long WORD = 0xffff_ffffL;

    private final Vcpu v;
    private final Cpu cpu;
    private final Instruction i;
    private final int port;
    private final int size;
    private final boolean out;
    private final int segment;
    private final int index;

    /** Bits of an address, and of the counter. */
    private final long mask;

    private long base;

    /** Last byte of the segment outside 64-bit mode. */
    private long limit;

    PortString(Vcpu v, Instruction i, int port, int size) {
        this.v = v;
        this.cpu = v.cpu;
        this.i = i;
        this.port = port;
        this.size = size;
        this.out = (i.opcode & 2) != 0;
        this.segment = !out ? Segment.ES : i.segmentOverride ? i.segment : Segment.DS;
        this.index = out ? Cpu.RSI : Cpu.RDI;
        this.mask = i.addressSize == 8 ? -1 : i.addressSize == 4 ? WORD : 0xffff;
    }

    /**
     * With REP at most a batch of elements, after which RIP still is at the instruction; one, if
     * that meets a breakpoint or the guest steps. A fault is the guest's, with the elements before
     * it done; whether the port is allowed nobody asks for none.
     *
     * @return as {@link Ports#execute}
     */
    int execute() {
        boolean repeated = i.rep || i.repne;
        if (repeated && (cpu.rcx & mask) == 0) {
            if (i.addressSize == 4) {
                cpu.rcx = 0;
                cpu.set(index, cpu.get(index) & WORD);
            }
            return 0;
        }
        if (!Ports.allowed(v, port, size) || !openSegment()) {
            return Ports.REFUSED;
        }
        int met = DebugRegisters.onPorts(v, port, size);
        boolean single = met != 0 || (cpu.systemFlags & Rflags.TF) != 0;
        long step = (cpu.rflags() & Rflags.DF) != 0 ? -size : size;
        for (int n = 0; n < (repeated && !single ? BATCH : 1); n++) {
            element();
            cpu.set(index, advance(cpu.get(index), step));
            if (repeated) {
                cpu.rcx = advance(cpu.rcx, -1);
                if ((cpu.rcx & mask) == 0) {
                    return met;
                }
            }
        }
        if (repeated) {
            cpu.rip -= i.length;
            v.yielded = !single;
        }
        return met;
    }

    private void element() {
        long va = linear(cpu.get(index) & mask);
        if (out) {
            Ports.write(v, port, size, cpu.mmu.read(va, size));
        } else {
            cpu.mmu.write(va, size, Ports.read(v, port, size));
        }
    }

    private long advance(long value, long by) {
        return switch (i.addressSize) {
            case 8 -> value + by;
            case 4 -> value + by & WORD;
            default -> value & ~0xffffL | value + by & 0xffff;
        };
    }

    /** Looks at the segment; false where there is none. */
    private boolean openSegment() {
        if (cpu.mode == Cpu.MODE_64) {
            boolean based = segment == Segment.FS || segment == Segment.GS;
            base = based ? cpu.segmentBase(segment) : 0;
            return true;
        }
        Descriptor d = Segments.find(v, cpu.segments[segment].selector);
        if (!d.present()) {
            return false;
        }
        if (!(out ? d.readable() : d.writable())) {
            throw fault();
        }
        base = d.base();
        limit = d.limit();
        return true;
    }

    private long linear(long offset) {
        long va = base + offset;
        if (cpu.mode != Cpu.MODE_64) {
            if (limit < size - 1 || offset > limit - size + 1) {
                throw fault();
            }
            return va & WORD;
        }
        if (!Pte.canonical(va) || Bounce.inXen(va)) {
            throw fault();
        }
        return va;
    }

    private GuestFault fault() {
        return cpu.fault(segment == Segment.SS ? Vector.SS : Vector.GP, 0);
    }
}
