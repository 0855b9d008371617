package xenolith.machine.lift.system;

import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Descriptor;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLoad;

/** Far JMP, CALL and RET, and IRET, in long mode (SDM volume 2). Each sets RIP, or throws. */
final class FarTransfer {
    private FarTransfer() {}

    /** Far JMP to {@code selector}:{@code offset}. */
    static void jump(Cpu cpu, int selector, long offset) {
        Descriptor code = SegmentLoad.codeForJump(cpu, selector);
        checkTarget(cpu, code, offset);
        SegmentLoad.commitCode(cpu, selector & ~3 | cpu.cpl, code);
        cpu.rip = offset;
    }

    /**
     * Far CALL of {@code selector}:{@code offset}, pushing CS and {@code next} in {@code size}
     * bytes each.
     */
    static void call(Cpu cpu, int selector, long offset, int size, long next) {
        Descriptor code = SegmentLoad.codeForJump(cpu, selector);
        checkTarget(cpu, code, offset);
        StackAccess.write(cpu, -size, size, cpu.segments[Segment.CS].selector);
        StackAccess.write(cpu, -2L * size, size, next);
        StackAccess.move(cpu, -2L * size);
        SegmentLoad.commitCode(cpu, selector & ~3 | cpu.cpl, code);
        cpu.rip = offset;
    }

    /** Far RET with operands of {@code size} bytes, releasing {@code released} bytes more. */
    static void ret(Cpu cpu, int size, int released) {
        long rip = StackAccess.read(cpu, 0, size);
        int selector = (int) StackAccess.read(cpu, size, size) & 0xffff;
        Descriptor code = SegmentLoad.codeForReturn(cpu, selector);
        checkTarget(cpu, code, rip);
        if ((selector & 3) == cpu.cpl) {
            StackAccess.move(cpu, 2L * size + released);
            SegmentLoad.commitCode(cpu, selector, code);
        } else {
            toOtherStack(cpu, selector, code, size, 2L * size + released);
            StackAccess.move(cpu, released);
        }
        cpu.rip = rip;
    }

    /** IRET with operands of {@code size} bytes. */
    static void iret(Cpu cpu, int size) {
        if ((cpu.systemFlags & Rflags.NT) != 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        long rip = StackAccess.read(cpu, 0, size);
        int selector = (int) StackAccess.read(cpu, size, size) & 0xffff;
        long flags = StackAccess.read(cpu, 2L * size, size);
        Descriptor code = SegmentLoad.codeForReturn(cpu, selector);
        checkTarget(cpu, code, rip);
        long changeable = changeable(cpu, size);
        if (cpu.mode == Cpu.MODE_64 || (selector & 3) != cpu.cpl) {
            toOtherStack(cpu, selector, code, size, 3L * size);
        } else {
            StackAccess.move(cpu, 3L * size);
            SegmentLoad.commitCode(cpu, selector, code);
        }
        long idle = cpu.breakpoints.idleFlags();
        cpu.setRflags((cpu.rflags() & ~changeable | flags & changeable) & ~idle);
        cpu.rip = rip;
    }

    /** The flags that IRET with operands of {@code size} bytes may change now. */
    private static long changeable(Cpu cpu, int size) {
        long flags = Rflags.STATUS | Rflags.TF | Rflags.DF | Rflags.NT;
        if (size > 2) {
            flags |= Rflags.RF | Rflags.AC | Rflags.ID;
        }
        if (cpu.cpl <= (cpu.systemFlags & Rflags.IOPL) >>> 12) {
            flags |= Rflags.IF;
        }
        if (cpu.cpl == 0) {
            flags |= Rflags.IOPL;
            flags |= size > 2 ? Rflags.VIF | Rflags.VIP : 0;
        }
        return flags;
    }

    /** Loads CS, and RSP and SS from {@code offset} bytes above the top of the present stack. */
    private static void toOtherStack(
            Cpu cpu, int codeSelector, Descriptor code, int size, long offset) {
        long rsp = StackAccess.read(cpu, offset, size);
        int selector = (int) StackAccess.read(cpu, offset + size, size) & 0xffff;
        int level = codeSelector & 3;
        boolean outwards = level != cpu.cpl;
        if (SegmentLoad.isNull(selector) && code.longMode() && level < 3) {
            if ((selector & 3) != level) {
                throw cpu.fault(Vector.GP, 0);
            }
            SegmentLoad.setNull(cpu, Segment.SS, selector);
        } else {
            Descriptor stack = SegmentLoad.stack(cpu, selector, level);
            SegmentLoad.commit(cpu, Segment.SS, selector, stack);
        }
        SegmentLoad.commitCode(cpu, codeSelector, code);
        Place.setRegister(cpu, Cpu.RSP, StackAccess.width(cpu), rsp);
        if (outwards) {
            SegmentLoad.dropInnerSegments(cpu);
        }
    }

    private static void checkTarget(Cpu cpu, Descriptor code, long rip) {
        boolean within =
                code.longMode() ? Pte.canonical(rip) : Long.compareUnsigned(rip, code.limit()) <= 0;
        if (!within) {
            throw cpu.fault(Vector.GP, 0);
        }
    }
}
