package xenolith.hypervisor.trap;

import xenolith.abi.x86.Vector;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Descriptor;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLoad;
import xenolith.machine.fault.GuestFault;

/**
 * Segment registers of a 32-bit guest as the hypervisor loads them on its way out: with the checks
 * that the processor makes in ring 0.
 */
final class Segments32 {
    private Segments32() {}

    /** Something with descriptors, done in ring 0. */
    private interface Action {
        void run();
    }

    /**
     * Does {@code action} in ring 0; where it faults nothing is changed. LDT pages that are not
     * mapped yet are.
     *
     * @return null, or the fault
     */
    private static @org.jspecify.annotations.Nullable GuestFault inRing0(Vcpu v, Action action) {
        Cpu cpu = v.cpu;
        int cpl = cpu.cpl;
        while (true) {
            cpu.cpl = 0;
            try {
                action.run();
                return null;
            } catch (GuestFault f) {
                cpu.cpl = cpl;
                boolean ldt = f.vector == Vector.PF && v.paging.inLdtArea(f.address);
                if (!ldt || !v.paging.mapLdtPage(f.address)) {
                    return f;
                }
            }
        }
    }

    /** The descriptor of {@code selector}, or {@link Descriptor#NONE} where there is none. */
    static Descriptor read(Vcpu v, int selector) {
        Descriptor[] found = {Descriptor.NONE};
        int cpl = v.cpu.cpl;
        inRing0(v, () -> found[0] = SegmentLoad.descriptor(v.cpu, selector));
        v.cpu.cpl = cpl;
        return found[0];
    }

    /**
     * Base of the segment that {@code selector} names for data, or -1 where it cannot be loaded.
     */
    static long dataBase(Vcpu v, int selector) {
        Descriptor d = read(v, selector);
        return d.readable() && d.present() ? d.base() : -1;
    }

    /**
     * Loads CS and SS as IRET from ring 0 to {@code cs}:EIP does; true if that is done. Otherwise
     * nothing is changed.
     */
    static boolean loadTarget(Vcpu v, int cs, int ss) {
        int cpl = v.cpu.cpl;
        GuestFault f = tryTarget(v, cs, ss);
        if (f != null) {
            v.cpu.cpl = cpl;
        }
        return f == null;
    }

    /** As {@link #loadTarget}: null, or the fault that IRET raises. */
    static @org.jspecify.annotations.Nullable GuestFault tryTarget(Vcpu v, int cs, int ss) {
        Cpu cpu = v.cpu;
        return inRing0(
                v,
                () -> {
                    int level = cs & 3;
                    Descriptor code = SegmentLoad.codeForReturn(cpu, cs);
                    if (Long.compareUnsigned(cpu.rip, code.limit()) > 0) {
                        throw cpu.fault(Vector.GP, 0);
                    }
                    Descriptor stack = SegmentLoad.stack(cpu, ss, level);
                    SegmentLoad.commit(cpu, Segment.SS, ss, stack);
                    SegmentLoad.commitCode(cpu, cs, code);
                    SegmentLoad.dropInnerSegments(cpu);
                });
    }

    /** Loads a data segment register in ring 0 (null allowed); whether that is done. */
    static boolean loadData(Vcpu v, int segment, int selector) {
        int cpl = v.cpu.cpl;
        boolean done = inRing0(v, () -> SegmentLoad.load(v.cpu, segment, selector)) == null;
        v.cpu.cpl = cpl;
        return done;
    }
}
