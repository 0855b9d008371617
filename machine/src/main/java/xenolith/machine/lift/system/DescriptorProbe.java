package xenolith.machine.lift.system;

import xenolith.abi.x86.Rflags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Descriptor;
import xenolith.machine.cpu.SegmentLoad;

/** LAR, LSL, VERR, VERW and ARPL: questions about selectors, answered in ZF. */
final class DescriptorProbe {
    /** System descriptor types of long mode that LAR knows: LDT, TSS, busy TSS, call gate. */
    private static final int LAR_TYPES = 1 << 2 | 1 << 9 | 1 << 11 | 1 << 12;

    /** Those that have a limit. */
    private static final int LSL_TYPES = 1 << 2 | 1 << 9 | 1 << 11;

    private DescriptorProbe() {}

    /** LAR: access rights of {@code selector} into {@code register} of {@code size} bytes. */
    static void lar(Cpu cpu, int selector, int register, int size) {
        Descriptor d = visible(cpu, selector, LAR_TYPES);
        setZf(cpu, d.exists());
        if (d.exists()) {
            Place.setRegister(cpu, register, size, d.raw() >>> 32 & 0xff_ff00);
        }
    }

    /** LSL: limit of {@code selector} into {@code register} of {@code size} bytes. */
    static void lsl(Cpu cpu, int selector, int register, int size) {
        Descriptor d = visible(cpu, selector, LSL_TYPES);
        setZf(cpu, d.exists());
        if (d.exists()) {
            Place.setRegister(cpu, register, size, d.limit());
        }
    }

    /** VERR, or VERW if {@code write}. */
    static void verify(Cpu cpu, int selector, boolean write) {
        Descriptor d = visible(cpu, selector, 0);
        setZf(cpu, write ? d.writable() : d.readable());
    }

    /** ARPL: the selector to store, or -1 to store nothing. */
    static int arpl(Cpu cpu, int selector, int level) {
        boolean raise = (selector & 3) < (level & 3);
        setZf(cpu, raise);
        return raise ? selector & ~3 | level & 3 : -1;
    }

    /** The descriptor, or NONE if it may not be seen or is a system type not in the set. */
    private static Descriptor visible(Cpu cpu, int selector, int systemTypes) {
        if (SegmentLoad.isNull(selector)) {
            return Descriptor.NONE;
        }
        Descriptor d = SegmentLoad.descriptor(cpu, selector);
        boolean known = d.codeOrData() || (systemTypes >>> d.type() & 1) != 0;
        boolean allowed = d.conforming() || d.dpl() >= Math.max(selector & 3, cpu.cpl);
        return known && allowed ? d : Descriptor.NONE;
    }

    private static void setZf(Cpu cpu, boolean zf) {
        int flags = (int) cpu.rflags() & Rflags.STATUS;
        cpu.setStatusFlags(zf ? flags | Rflags.ZF : flags & ~Rflags.ZF);
    }
}
