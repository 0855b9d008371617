package xenolith.hypervisor.trap;

import xenolith.abi.xen.Selector;
import xenolith.abi.xen.Selector32;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Descriptor;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

/** Loads segment registers on behalf of the hypervisor. */
public final class Segments {
    /** Attributes of Xen's flat segments: present, DPL 3, accessed, 4 GiB. */
    private static final int CODE64 = 0xa0fb;

    private static final int CODE32 = 0xc0fb;
    private static final int DATA = 0xc0f3;
    private static final int CODE_RING1 = 0xc0bb;
    private static final int DATA_RING1 = 0xc0b3;

    private static final long FLAT_LIMIT = 0xffff_ffffL;

    /** In the order of the failsafe frame. */
    private static final int[] DATA_SEGMENTS = {Segment.DS, Segment.ES, Segment.FS, Segment.GS};

    private static final int PRESENT = 0x80;
    private static final int CODE_OR_DATA = 0x10;
    private static final int EXECUTABLE = 8;

    private Segments() {}

    /** CS 0xe033 and SS 0xe02b: what every entry to the guest's kernel runs on. */
    public static void loadFlatKernel(Cpu cpu) {
        flatCode64(cpu);
        flat(cpu, Segment.SS, Selector.FLAT_DATA, DATA);
    }

    private static void flatCode64(Cpu cpu) {
        flat(cpu, Segment.CS, Selector.FLAT_CODE64, CODE64);
        cpu.mode = Cpu.MODE_64;
    }

    private static void flat(Cpu cpu, int segment, int selector, int attributes) {
        Segment s = cpu.segments[segment];
        boolean already =
                s.selector == selector
                        && s.attributes == attributes
                        && s.limit == FLAT_LIMIT
                        && s.usable
                        && cpu.get(Cpu.SEGMENT_BASE + segment) == 0;
        if (already) {
            return;
        }
        s.selector = selector;
        s.limit = FLAT_LIMIT;
        s.attributes = attributes;
        s.usable = true;
        cpu.set(Cpu.SEGMENT_BASE + segment, 0);
        cpu.chooseMode();
    }

    /** Loads a null selector into {@code segment} with base 0. */
    public static void loadNull(Cpu cpu, int segment, int selector) {
        Segment s = cpu.segments[segment];
        s.selector = selector;
        s.limit = 0;
        s.attributes = 0;
        s.usable = false;
        cpu.set(Cpu.SEGMENT_BASE + segment, 0);
        cpu.chooseMode();
    }

    /** The segments that a 32-bit guest starts with: Xen's flat ones of ring 1. */
    public static void loadFlatKernel32(Cpu cpu) {
        flat(cpu, Segment.CS, Selector32.FLAT_KERNEL_CODE, CODE_RING1);
        for (int s : new int[] {Segment.SS, Segment.DS, Segment.ES, Segment.FS, Segment.GS}) {
            flat(cpu, s, Selector32.FLAT_KERNEL_DATA, DATA_RING1);
        }
        cpu.mode = Cpu.MODE_32;
        cpu.chooseMode();
        cpu.cpl = 1;
        cpu.mmu.setPrivilege(false);
    }

    /** Loads CS and SS of a 32-bit guest, for {@code cpu.rip}; false where IRET would refuse. */
    public static boolean loadTarget32(Vcpu v, int cs, int ss) {
        return Segments32.loadTarget(v, cs, ss);
    }

    /** Loads CS from {@code selector} with RPL 3; false where the processor would refuse it. */
    public static boolean loadCode(Vcpu v, int selector) {
        Cpu cpu = v.cpu;
        int sel = selector & 0xffff | 3;
        if (sel == Selector.FLAT_CODE64) {
            flatCode64(cpu);
            return true;
        }
        if (sel == Selector.FLAT_CODE32) {
            flat(cpu, Segment.CS, sel, CODE32);
            cpu.mode = Cpu.MODE_32;
            cpu.chooseMode();
            return true;
        }
        long d = descriptor(v, sel);
        int type = (int) (d >>> 40) & 0xff;
        int dpl = type >>> 5 & 3;
        boolean conforming = (type & 4) != 0;
        boolean code = (type & (CODE_OR_DATA | EXECUTABLE)) == (CODE_OR_DATA | EXECUTABLE);
        boolean longMode = (d >>> 53 & 1) != 0;
        boolean big = (d >>> 54 & 1) != 0;
        if (!code || (type & PRESENT) == 0 || longMode && big || !conforming && dpl != 3) {
            return false;
        }
        put(cpu, Segment.CS, sel, d, longMode ? 0 : base(d));
        cpu.mode = longMode ? Cpu.MODE_64 : big ? Cpu.MODE_32 : Cpu.MODE_16;
        cpu.chooseMode();
        return true;
    }

    /** Loads SS from {@code selector} with RPL 3; false where the processor would refuse it. */
    public static boolean loadStack(Vcpu v, int selector) {
        int sel = selector & 0xffff | 3;
        if (sel == Selector.FLAT_DATA) {
            flat(v.cpu, Segment.SS, sel, DATA);
            return true;
        }
        if ((sel & ~3) == 0) {
            // IRET to 64-bit code takes a null SS only below CPL 3; Xen gives the flat one.
            flat(v.cpu, Segment.SS, Selector.FLAT_DATA, DATA);
            return true;
        }
        return loadData(v, Segment.SS, sel, true);
    }

    /** Loads a data segment register from {@code selector} (null allowed). */
    public static boolean loadData(Vcpu v, int segment, int selector) {
        if (v.domain.compat()) {
            return Segments32.loadData(v, segment, selector & 0xffff);
        }
        if ((selector & 0xfffc) == 0) {
            loadNull(v.cpu, segment, selector & 0xffff);
            return true;
        }
        return loadData(v, segment, selector & 0xffff, false);
    }

    private static boolean loadData(Vcpu v, int segment, int sel, boolean writable) {
        long d = descriptor(v, sel);
        int type = (int) (d >>> 40) & 0xff;
        boolean data = (type & (CODE_OR_DATA | EXECUTABLE)) == CODE_OR_DATA;
        boolean readableCode = (type & (CODE_OR_DATA | EXECUTABLE | 2)) == 0x1a;
        boolean fits = data && (!writable || (type & 2) != 0) || readableCode && !writable;
        if (!fits || (type & PRESENT) == 0 || (type >>> 5 & 3) != 3) {
            return false;
        }
        put(v.cpu, segment, sel, d, base(d));
        return true;
    }

    private static void put(Cpu cpu, int segment, int selector, long descriptor, long base) {
        Segment s = cpu.segments[segment];
        s.selector = selector;
        long limit = descriptor & 0xffff | descriptor >>> 32 & 0xf_0000;
        s.limit = (descriptor >>> 55 & 1) != 0 ? limit << 12 | 0xfff : limit;
        s.attributes = (int) (descriptor >>> 40) & 0xf0ff;
        s.usable = true;
        cpu.set(Cpu.SEGMENT_BASE + segment, base);
        cpu.chooseMode();
    }

    private static long base(long d) {
        return d >>> 16 & 0xff_ffff | d >>> 32 & 0xff00_0000L;
    }

    /**
     * Loads the data segment registers as a processor does that has run another vCPU meanwhile:
     * where a descriptor is gone the register becomes null, and the guest's failsafe callback hears
     * of it.
     */
    public static void reload(Vcpu v) {
        Cpu cpu = v.cpu;
        int[] selectors = new int[DATA_SEGMENTS.length];
        boolean good = true;
        for (int i = 0; i < DATA_SEGMENTS.length; i++) {
            int s = DATA_SEGMENTS[i];
            int selector = cpu.segments[s].selector;
            selectors[i] = selector;
            if ((selector & 0xfffc) == 0 || selector == flatData(v)) {
                continue;
            }
            long base = cpu.segmentBase(s);
            if (!loadData(v, s, selector)) {
                loadNull(cpu, s, 0);
                good = false;
            }
            if (!v.domain.compat() && (s == Segment.FS || s == Segment.GS)) {
                cpu.setSegmentBase(s, base);
            }
        }
        if (!good) {
            Bounce.failsafe(v, selectors);
        }
    }

    private static int flatData(Vcpu v) {
        return v.domain.compat() ? Selector32.FLAT_KERNEL_DATA : Selector.FLAT_DATA;
    }

    /** The descriptor that {@code selector} (16 bits) names, or {@link Descriptor#NONE}. */
    public static Descriptor find(Vcpu v, int selector) {
        return selector < 4 ? Descriptor.NONE : new Descriptor(descriptor(v, selector));
    }

    /** The descriptor that {@code selector} names, or 0. */
    private static long descriptor(Vcpu v, int selector) {
        Cpu cpu = v.cpu;
        int offset = selector & 0xfff8;
        if ((selector & 4) == 0 && offset >>> 3 < v.gdtEntries) {
            long mfn = v.gdtMfns[offset >>> 12];
            return cpu.memory.get64((mfn << 12) + (offset & 0xfff));
        }
        boolean ldt = (selector & 4) != 0;
        if (offset + 7 > (ldt ? cpu.ldtLimit : cpu.gdtLimit)) {
            return 0;
        }
        long va = (ldt ? cpu.ldtBase : cpu.gdtBase) + offset;
        try {
            return cpu.mmu.readSystem(va, 8);
        } catch (GuestFault f) {
            return v.paging.mapLdtPage(va) ? cpu.mmu.readSystem(va, 8) : 0;
        }
    }
}
