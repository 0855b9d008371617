package xenolith.machine.lift.system;

import xenolith.abi.x86.Rflags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLimit;
import xenolith.machine.decode.Instruction;

/** Element size, addressing and repetition of a string instruction. */
final class StringForm {
    final Instruction instruction;

    /** Bytes of an element: 1, 2, 4 or 8. */
    final int size;

    /** Whether RCX counts. */
    final boolean repeated;

    private final int addressSize;

    /** Cuts RSI, RDI and RCX to the address size. */
    private final long offsetMask;

    private final long linearMask;
    private final int sourceBase;
    private final int destinationBase;

    /** Whether the source's segment may end. */
    private final boolean sourceLimited;

    /** Whether the destination is written: of MOVS, STOS and INS, not of CMPS and SCAS. */
    private final boolean destinationWritten;

    StringForm(Instruction i) {
        this.instruction = i;
        this.size = (i.opcode & 1) == 0 ? 1 : i.operandSize;
        this.repeated = i.rep || i.repne;
        this.addressSize = i.addressSize;
        this.offsetMask = addressSize == 8 ? -1L : (1L << 8 * addressSize) - 1;
        boolean longMode = i.mode == Cpu.MODE_64;
        this.linearMask = longMode ? -1L : 0xffff_ffffL;
        boolean flat = longMode && i.segment < Segment.FS;
        this.sourceBase = flat ? Cpu.ZERO : Cpu.SEGMENT_BASE + i.segment;
        boolean special = i.segment == Segment.CS || i.segment >= Segment.FS;
        this.sourceLimited = i.limited || !longMode && special;
        int kind = i.opcode & 0xfe;
        this.destinationWritten = kind != 0xa6 && kind != 0xae;
        this.destinationBase = longMode ? Cpu.ZERO : Cpu.SEGMENT_BASE + Segment.ES;
    }

    /** Linear address of the source element. */
    long source(Cpu cpu) {
        if (sourceLimited) {
            SegmentLimit.check(cpu, instruction.segment, cpu.rsi & offsetMask, size, false);
        }
        return (cpu.rsi & offsetMask) + cpu.get(sourceBase) & linearMask;
    }

    /** Linear address of the destination element. */
    long destination(Cpu cpu) {
        if (instruction.limited) {
            long offset = cpu.rdi & offsetMask;
            SegmentLimit.check(cpu, Segment.ES, offset, size, destinationWritten);
        }
        return (cpu.rdi & offsetMask) + cpu.get(destinationBase) & linearMask;
    }

    static boolean backward(Cpu cpu) {
        return (cpu.systemFlags & Rflags.DF) != 0;
    }

    /** Moves RSI or RDI by {@code elements} in the direction of DF. */
    void advance(Cpu cpu, int register, long elements) {
        add(cpu, register, backward(cpu) ? -elements * size : elements * size);
    }

    /** The count in RCX, unsigned. */
    long count(Cpu cpu) {
        return cpu.rcx & offsetMask;
    }

    /** Counts {@code elements} down. */
    void counted(Cpu cpu, long elements) {
        add(cpu, Cpu.RCX, -elements);
    }

    /**
     * What a repetition of no elements does: with 32-bit addresses in 64-bit mode Intel's
     * processors, such as ours says it is, still clear the upper halves of RCX and of the pointers
     * of MOVS and STOS (measured; AMD's leave them).
     */
    void noneCounted(Cpu cpu) {
        if (addressSize != 4) {
            return;
        }
        add(cpu, Cpu.RCX, 0);
        int kind = instruction.opcode & 0xfe;
        if (kind == 0xa4) {
            add(cpu, Cpu.RSI, 0);
        }
        if (kind == 0xa4 || kind == 0xaa) {
            add(cpu, Cpu.RDI, 0);
        }
    }

    private void add(Cpu cpu, int register, long delta) {
        Place.setRegister(cpu, register, addressSize, cpu.get(register) + delta);
    }

    /**
     * How many whole elements from the one whose offset is in {@code register}, at linear address
     * {@code at}, lie within its page and do not wrap the offset, at most {@code most}; 0 if not
     * even that one does.
     *
     * @param down counts towards lower addresses
     */
    long withinPage(Cpu cpu, int register, long at, long most, boolean down) {
        if (sourceLimited) {
            return 0;
        }
        long above = 4096 - (at & 4095);
        if (addressSize < 8) {
            above = Math.min(above, offsetMask - (cpu.get(register) & offsetMask) + 1);
        }
        if (!down) {
            return Math.min(above / size, most);
        }
        if (above < size) {
            return 0;
        }
        long below = at & 4095;
        if (addressSize < 8) {
            below = Math.min(below, cpu.get(register) & offsetMask);
        }
        return Math.min(below / size + 1, most);
    }
}
