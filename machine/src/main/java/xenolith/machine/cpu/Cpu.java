package xenolith.machine.cpu;

import xenolith.abi.x86.Rflags;
import xenolith.machine.alu.Flags;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * The architectural state of one x86-64 processor. Data only: engines read and write it, the
 * hypervisor reads and writes it between runs. Used by one thread at a time, but for {@link
 * #kick()}.
 */
public final class Cpu extends Registers {
    /** Modes of the code segment, which select how bytes are decoded. */
    public static final int MODE_64 = 0;

    /** 32-bit code segment in long mode (compatibility mode) or in protected mode. */
    public static final int MODE_32 = 1;

    /** 16-bit code segment. */
    public static final int MODE_16 = 2;

    /**
     * {@link #MODE_32} where one of CS, SS, DS and ES is not a flat segment of 4 GiB: its accesses
     * are checked, as those of {@link #MODE_16} are.
     */
    public static final int MODE_32_LIMITED = 3;

    /** Address of the next instruction; during a block, of the block's first instruction. */
    public long rip;

    /** Last result, sign-extended from its width: ZF and SF are derived (see {@link Flags}). */
    public long flagResult = 1;

    /** CF, OF, AF and corrections for SF and PF, packed as {@link Flags} says. */
    public long flagAux;

    /**
     * Where the translator has not computed the flags yet: how to make them of what {@link
     * #flagAux} and {@link #flagResult} hold instead. Always 0 outside of {@link Engine#run}.
     */
    public int flagKind;

    /** Where translated code was when an access of it was refused. */
    public int site;

    /** Value of {@link #retired} at which translated code comes back from loops. */
    public long pause;

    /** The flags that arithmetic does not write: DF, TF, IF, IOPL, NT, RF, AC, ID ... in place. */
    public int systemFlags = Rflags.IF;

    /**
     * One of {@link #MODE_64}, {@link #MODE_32}, {@link #MODE_16} by the CS descriptor, or {@link
     * #MODE_32_LIMITED}: see {@link #chooseMode}.
     */
    public int mode = MODE_64;

    /** Current privilege level, 0 to 3. */
    public int cpl = 3;

    /** ES, CS, SS, DS, FS, GS: visible selectors and cached descriptors. */
    public final Segment[] segments = new Segment[6];

    public long cr0 = 0x8005_0033L;
    public long cr2;
    public long cr4 = 0x620;
    public long efer = 0xd01;
    public long xcr0 = 1;

    /** DR0 to DR7; after changes of DR0 to DR3 and DR7 goes {@link Breakpoints#changed}. */
    public final long[] dr = {0, 0, 0, 0, 0, 0, 0xffff_0ff0L, 0x400};

    /** What {@link #dr} enables. */
    public final Breakpoints breakpoints = new Breakpoints(this);

    /** Linear base and limit of the descriptor tables. */
    public long gdtBase;

    public int gdtLimit;
    public long ldtBase;

    /** Limit of the LDT in bytes less one; -1 where there is none. */
    public int ldtLimit = -1;

    public int ldtSelector;
    public long idtBase;
    public int idtLimit;
    public int trSelector;

    /** The inactive GS base, swapped by SWAPGS (and by a PV guest's change of mode). */
    public long kernelGsBase;

    public int tscAux;

    /** Index in {@link #xmm} of the slot that holds an SSE instruction's memory operand. */
    public static final int XMM_OPERAND = 16 * 4;

    /**
     * Vector registers, four 64-bit words each, lowest first; SSE uses words 0 and 1. Then the slot
     * {@link #XMM_OPERAND}, which is no state.
     */
    public final long[] xmm = new long[17 * 4];

    public int mxcsr = 0x1f80;
    public final Fpu fpu = new Fpu();

    public final Mmu mmu;
    public final MachineMemory memory;
    public TimeStampCounter tsc;

    /** The fault object of this processor; throw {@link #fault(int, int)} and its kin. */
    public final GuestFault fault = new GuestFault();

    /** Instructions retired since creation; exact whenever {@link Engine#run} has returned. */
    public long retired;

    /** {@link Engine#run} returns when {@link #retired} reaches this. */
    public long limit = Long.MAX_VALUE;

    /** Set by the last operation of a block that cannot finish alone; engines clear it. */
    public @org.jspecify.annotations.Nullable Exit exit;

    /**
     * PAUSE instructions since whoever runs the processor last set this to 0: at {@link #SPINNING}
     * of them {@link Engine#run} returns, for a processor that waits for another one.
     */
    public int pauses;

    /** Value of {@link #pauses} that ends a run. */
    public static final int SPINNING = 256;

    private volatile boolean kicked;
    private int kicksTaken;

    /** A processor on {@code memory}, in 64-bit mode at CPL 3, no tables loaded. */
    public Cpu(MachineMemory memory, TimeStampCounter tsc) {
        this.memory = memory;
        this.tsc = tsc;
        this.mmu = new Mmu(memory, fault);
        for (int i = 0; i < 6; i++) {
            segments[i] = new Segment();
        }
    }

    /** Makes a running engine return {@link Exit.Simple#TIME_UP} soon; from any thread. */
    public void kick() {
        kicked = true;
    }

    /** Whether {@link #kick()} was called since the last {@link #takeKick()}. */
    public boolean kicked() {
        return kicked;
    }

    /** Takes back a kick; for engines. */
    public void takeKick() {
        kicked = false;
        kicksTaken++;
    }

    /** Counts calls of {@link #takeKick()}: whether a run ended by one. */
    public int kicksTaken() {
        return kicksTaken;
    }

    /** RFLAGS as PUSHF shows it. */
    public long rflags() {
        return Flags.status(flagResult, flagAux) | systemFlags | Rflags.FIXED;
    }

    /** Sets all of RFLAGS. */
    public void setRflags(long value) {
        systemFlags = (int) value & ~(Rflags.STATUS | Rflags.FIXED) & 0x3f_ffff;
        setStatusFlags((int) value);
    }

    /** Sets the six arithmetic flags from the same bits of {@code value}. */
    public void setStatusFlags(int value) {
        flagResult = Flags.resultOf(value);
        flagAux = Flags.auxOf(value);
    }

    /** The exception {@code vector} with {@code errorCode}, to be thrown by an operation. */
    public GuestFault fault(int vector, int errorCode) {
        return fault.with(vector, errorCode, 0);
    }

    /** The exception {@code vector} without an error code, to be thrown by an operation. */
    public GuestFault fault(int vector) {
        return fault.with(vector, GuestFault.NO_ERROR_CODE, 0);
    }

    /**
     * Chooses between {@link #MODE_32} and {@link #MODE_32_LIMITED}, after a segment register was
     * loaded and {@link #mode} set from CS.
     */
    public void chooseMode() {
        if (mode == MODE_64 || mode == MODE_16) {
            return;
        }
        boolean flat =
                SegmentLimit.flatCode(segments[Segment.CS], segmentBase(Segment.CS))
                        && SegmentLimit.flatData(segments[Segment.SS], segmentBase(Segment.SS))
                        && SegmentLimit.flatData(segments[Segment.DS], segmentBase(Segment.DS))
                        && SegmentLimit.flatData(segments[Segment.ES], segmentBase(Segment.ES));
        mode = flat ? MODE_32 : MODE_32_LIMITED;
    }

    /** Base of segment {@code segment} (an index of {@link Segment}). */
    public long segmentBase(int segment) {
        return get(SEGMENT_BASE + segment);
    }

    /** Sets the base of segment {@code segment}. */
    public void setSegmentBase(int segment, long base) {
        set(SEGMENT_BASE + segment, base);
    }

    /** General registers, RIP and flags at one moment. */
    public record Snapshot(long[] r, long rip, long flagResult, long flagAux, int systemFlags) {}

    /** A copy of general registers, RIP and flags. */
    public Snapshot snapshot() {
        return new Snapshot(registers(), rip, flagResult, flagAux, systemFlags);
    }

    /** Takes general registers, RIP and flags back from {@code s}. */
    public void restore(Snapshot s) {
        setRegisters(s.r());
        rip = s.rip();
        flagResult = s.flagResult();
        flagAux = s.flagAux();
        systemFlags = s.systemFlags();
    }
}
