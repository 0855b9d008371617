package xenolith.machine.cpu;

import xenolith.abi.x86.Vector;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.mmu.Access;

/**
 * Loads segment registers from the descriptor tables with the checks of long mode (SDM volume 2,
 * MOV, POP and IRET; volume 3, 5.5 to 5.8). All methods throw the processor's {@code GuestFault}
 * having changed nothing.
 */
public final class SegmentLoad {
    private SegmentLoad() {}

    /**
     * Loads ES, SS, DS, FS or GS as MOV does.
     *
     * @param segment an index of {@link Segment} other than CS
     * @param selector 16 bits
     */
    public static void load(Cpu cpu, int segment, int selector) {
        if (segment == Segment.SS) {
            loadStack(cpu, selector);
        } else {
            loadData(cpu, segment, selector);
        }
    }

    private static void loadData(Cpu cpu, int segment, int selector) {
        if (isNull(selector)) {
            setNull(cpu, segment, selector);
            return;
        }
        Descriptor d = descriptor(cpu, selector);
        require(d.readable(), cpu, Vector.GP, selector);
        int level = Math.max(selector & 3, cpu.cpl);
        require(d.conforming() || d.dpl() >= level, cpu, Vector.GP, selector);
        require(d.present(), cpu, Vector.NP, selector);
        commit(cpu, segment, selector, d);
    }

    private static void loadStack(Cpu cpu, int selector) {
        if (isNull(selector)) {
            boolean allowed = cpu.mode == Cpu.MODE_64 && cpu.cpl < 3 && (selector & 3) == cpu.cpl;
            require(allowed, cpu, Vector.GP, 0);
            setNull(cpu, Segment.SS, selector);
            return;
        }
        commit(cpu, Segment.SS, selector, stack(cpu, selector, cpu.cpl));
    }

    /** The descriptor of a stack segment for code at privilege level {@code cpl}, checked. */
    public static Descriptor stack(Cpu cpu, int selector, int cpl) {
        require(!isNull(selector), cpu, Vector.GP, 0);
        Descriptor d = descriptor(cpu, selector);
        boolean suitable = (selector & 3) == cpl && d.writable() && d.dpl() == cpl;
        require(suitable, cpu, Vector.GP, selector);
        require(d.present(), cpu, Vector.SS, selector);
        return d;
    }

    /**
     * The descriptor of the code segment that a far JMP or CALL without a gate goes to, checked.
     */
    public static Descriptor codeForJump(Cpu cpu, int selector) {
        require(!isNull(selector), cpu, Vector.GP, 0);
        Descriptor d = descriptor(cpu, selector);
        // Call gates (type 12) lead to inner levels, which need a task state segment: #GP, but
        // #NP if not present.
        boolean gate = !d.codeOrData() && d.type() == 12;
        if (gate && d.dpl() >= Math.max(selector & 3, cpu.cpl)) {
            require(d.present(), cpu, Vector.NP, selector);
        }
        boolean allowed =
                d.conforming()
                        ? d.dpl() <= cpu.cpl
                        : d.code() && (selector & 3) <= cpu.cpl && d.dpl() == cpu.cpl;
        return executable(cpu, selector, d, allowed);
    }

    /** The descriptor of the code segment that a far RET or IRET goes back to, checked. */
    public static Descriptor codeForReturn(Cpu cpu, int selector) {
        require(!isNull(selector), cpu, Vector.GP, 0);
        Descriptor d = descriptor(cpu, selector);
        int level = selector & 3;
        boolean allowed = d.conforming() ? d.dpl() <= level : d.code() && d.dpl() == level;
        return executable(cpu, selector, d, allowed && level >= cpu.cpl);
    }

    private static Descriptor executable(Cpu cpu, int selector, Descriptor d, boolean allowed) {
        require(allowed && !(d.longMode() && d.big()), cpu, Vector.GP, selector);
        require(d.present(), cpu, Vector.NP, selector);
        return d;
    }

    /**
     * Puts a checked code segment into CS: its privilege level is the selector's, and the mode is
     * the descriptor's.
     */
    public static void commitCode(Cpu cpu, int selector, Descriptor d) {
        commit(cpu, Segment.CS, selector, d);
        cpu.mode = d.mode();
        if (cpu.mode == Cpu.MODE_64) {
            cpu.setSegmentBase(Segment.CS, 0);
        }
        cpu.chooseMode();
        int cpl = selector & 3;
        if (cpl != cpu.cpl) {
            cpu.cpl = cpl;
            cpu.mmu.setPrivilege(cpl == 3);
        }
    }

    /** Puts a checked descriptor into {@code segment}. */
    public static void commit(Cpu cpu, int segment, int selector, Descriptor d) {
        setAccessed(cpu, selector, d);
        Segment s = cpu.segments[segment];
        s.selector = selector;
        s.limit = d.limit();
        s.attributes = d.attributes() | 1;
        s.usable = true;
        cpu.setSegmentBase(segment, d.base());
        cpu.chooseMode();
    }

    /** Loads a null selector. The base becomes 0. */
    public static void setNull(Cpu cpu, int segment, int selector) {
        Segment s = cpu.segments[segment];
        s.selector = selector;
        s.limit = 0;
        s.attributes = 0;
        s.usable = false;
        cpu.setSegmentBase(segment, 0);
        cpu.chooseMode();
    }

    /** Makes the data segments null that the present privilege level may not use any more. */
    public static void dropInnerSegments(Cpu cpu) {
        int[] data = {Segment.ES, Segment.DS, Segment.FS, Segment.GS};
        for (int segment : data) {
            int attributes = cpu.segments[segment].attributes;
            boolean conforming = (attributes & 0x1c) == 0x1c;
            if (!conforming && (attributes >>> 5 & 3) < cpu.cpl) {
                setNull(cpu, segment, 0);
            }
        }
    }

    /** Whether {@code selector} is one of the four null selectors. */
    public static boolean isNull(int selector) {
        return (selector & ~3) == 0;
    }

    /** The descriptor of {@code selector}, or {@link Descriptor#NONE} beyond the table's limit. */
    public static Descriptor descriptor(Cpu cpu, int selector) {
        int offset = selector & 0xfff8;
        if (offset + 7 > (isLocal(selector) ? cpu.ldtLimit : cpu.gdtLimit)) {
            return Descriptor.NONE;
        }
        long at = address(cpu, selector);
        if ((at & 4095) <= 4088) {
            return new Descriptor(cpu.mmu.readSystem(at, 8));
        }
        long raw = 0;
        for (int n = 0; n < 8; n++) {
            raw |= cpu.mmu.readSystem(at + n, 1) << 8 * n;
        }
        return new Descriptor(raw);
    }

    private static boolean isLocal(int selector) {
        return (selector & 4) != 0;
    }

    private static long address(Cpu cpu, int selector) {
        return (isLocal(selector) ? cpu.ldtBase : cpu.gdtBase) + (selector & 0xfff8);
    }

    /** Sets the accessed bit, unless the table cannot be written. */
    private static void setAccessed(Cpu cpu, int selector, Descriptor d) {
        if (d.accessed()) {
            return;
        }
        long maddr = cpu.mmu.tryTranslate(address(cpu, selector) + 5, Access.WRITE);
        if (maddr >= 0) {
            cpu.memory.put8(maddr, d.raw() >>> 40 | 1);
        }
    }

    private static void require(boolean condition, Cpu cpu, int vector, int selector) {
        if (!condition) {
            throw fault(cpu, vector, selector);
        }
    }

    private static GuestFault fault(Cpu cpu, int vector, int selector) {
        return cpu.fault(vector, selector & 0xfffc);
    }
}
