package xenolith.machine.engine;

import java.util.ArrayList;
import java.util.List;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.cpu.Segment;

/** All of a processor that guest code can change, but for memory and the TLB. */
public final class CpuState {
    private static final String[] GPR = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };

    private static final String[] SEGMENTS = {"es", "cs", "ss", "ds", "fs", "gs"};

    private final List<String> differences = new ArrayList<>();

    private CpuState() {}

    /** Copies the state of {@code from} and its counters to {@code to}. */
    public static void copy(Cpu from, Cpu to) {
        to.setRegisters(from.registers());
        System.arraycopy(from.xmm, 0, to.xmm, 0, from.xmm.length);
        System.arraycopy(from.dr, 0, to.dr, 0, from.dr.length);
        to.rip = from.rip;
        to.flagResult = from.flagResult;
        to.flagAux = from.flagAux;
        to.systemFlags = from.systemFlags;
        to.mode = from.mode;
        to.cpl = from.cpl;
        for (int i = 0; i < from.segments.length; i++) {
            to.segments[i].copyFrom(from.segments[i]);
        }
        copySystem(from, to);
        to.mxcsr = from.mxcsr;
        to.fpu.copyFrom(from.fpu);
        to.retired = from.retired;
        to.limit = from.limit;
        to.pauses = from.pauses;
        to.exit = from.exit;
        to.breakpoints.copyFrom(from.breakpoints);
    }

    private static void copySystem(Cpu from, Cpu to) {
        to.cr0 = from.cr0;
        to.cr2 = from.cr2;
        to.cr4 = from.cr4;
        to.efer = from.efer;
        to.xcr0 = from.xcr0;
        to.gdtBase = from.gdtBase;
        to.gdtLimit = from.gdtLimit;
        to.ldtBase = from.ldtBase;
        to.ldtLimit = from.ldtLimit;
        to.ldtSelector = from.ldtSelector;
        to.idtBase = from.idtBase;
        to.idtLimit = from.idtLimit;
        to.trSelector = from.trSelector;
        to.kernelGsBase = from.kernelGsBase;
        to.tscAux = from.tscAux;
    }

    /**
     * Lines {@code what: expected X, found Y} for all that differs; slots of {@link Registers} and
     * {@link Cpu#xmm} that are no state do not count, nor does how lazy flags are kept.
     */
    public static List<String> differences(Cpu expected, Cpu found) {
        CpuState d = new CpuState();
        for (int i = 0; i < GPR.length; i++) {
            d.check(GPR[i], expected.get(i), found.get(i));
        }
        d.check("rip", expected.rip, found.rip);
        d.check("rflags", expected.rflags(), found.rflags());
        d.check("retired", expected.retired, found.retired);
        d.check("pauses", expected.pauses, found.pauses);
        d.check("mode", expected.mode, found.mode);
        d.check("cpl", expected.cpl, found.cpl);
        for (int i = 0; i < SEGMENTS.length; i++) {
            d.segment(SEGMENTS[i], expected.segments[i], found.segments[i]);
            d.check(SEGMENTS[i] + " base", expected.segmentBase(i), found.segmentBase(i));
        }
        for (int i = 0; i < expected.dr.length; i++) {
            d.check("dr" + i, expected.dr[i], found.dr[i]);
        }
        d.system(expected, found);
        d.check("mxcsr", expected.mxcsr, found.mxcsr);
        for (int i = 0; i < Cpu.XMM_OPERAND; i++) {
            d.check("xmm" + i / 4 + " word " + i % 4, expected.xmm[i], found.xmm[i]);
        }
        d.fpu(expected.fpu, found.fpu);
        return d.differences;
    }

    private void check(String what, long expected, long found) {
        if (expected != found) {
            differences.add("%s: expected %x, found %x".formatted(what, expected, found));
        }
    }

    private void segment(String name, Segment expected, Segment found) {
        check(name, expected.selector, found.selector);
        check(name + " limit", expected.limit, found.limit);
        check(name + " attributes", expected.attributes, found.attributes);
        check(name + " usable", expected.usable ? 1 : 0, found.usable ? 1 : 0);
    }

    private void system(Cpu expected, Cpu found) {
        check("cr0", expected.cr0, found.cr0);
        check("cr2", expected.cr2, found.cr2);
        check("cr4", expected.cr4, found.cr4);
        check("efer", expected.efer, found.efer);
        check("xcr0", expected.xcr0, found.xcr0);
        check("gdt", expected.gdtBase, found.gdtBase);
        check("gdt limit", expected.gdtLimit, found.gdtLimit);
        check("ldt", expected.ldtBase, found.ldtBase);
        check("ldt limit", expected.ldtLimit, found.ldtLimit);
        check("idt", expected.idtBase, found.idtBase);
        check("kernel gs base", expected.kernelGsBase, found.kernelGsBase);
        check("tsc aux", expected.tscAux, found.tscAux);
    }

    private void fpu(Fpu expected, Fpu found) {
        for (int i = 0; i < expected.significand.length; i++) {
            check("x87 significand " + i, expected.significand[i], found.significand[i]);
            check("x87 exponent " + i, expected.signExponent[i], found.signExponent[i]);
        }
        check("x87 empty", expected.empty, found.empty);
        check("x87 control", expected.control, found.control);
        check("x87 status", expected.statusWord(), found.statusWord());
        check("x87 opcode", expected.lastOpcode, found.lastOpcode);
        check("x87 instruction", expected.lastInstruction, found.lastInstruction);
        check("x87 operand", expected.lastOperand, found.lastOperand);
        check("x87 code selector", expected.lastCodeSelector, found.lastCodeSelector);
        check("x87 data selector", expected.lastDataSelector, found.lastDataSelector);
    }
}
