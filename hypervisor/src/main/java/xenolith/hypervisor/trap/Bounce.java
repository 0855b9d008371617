package xenolith.hypervisor.trap;

import xenolith.abi.struct.TrapInfo;
import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Selector;
import xenolith.abi.xen.Selector32;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.domain.Callback;
import xenolith.hypervisor.domain.History;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trace.Trace;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

/**
 * Entries of a PV guest's kernel: builds the frame on its stack and starts the handler. Exceptions,
 * system calls, events and failed returns, each as public/arch-x86/xen.h has them. A frame that
 * cannot be built crashes the domain.
 */
public final class Bounce {
    private static final long XEN_START = 0xffff_8000_0000_0000L;
    private static final long XEN_END = 0xffff_8800_0000_0000L;
    private static final int CLEARED = Rflags.TF | Rflags.NT | Rflags.RF | Rflags.VM | Rflags.AC;

    private Bounce() {}

    /** Whether {@code va} is in the hypervisor's part of the address space. */
    public static boolean inXen(long va) {
        return va >= XEN_START && va < XEN_END;
    }

    /**
     * As {@link #exception} for what the instruction at RIP raises: but for debug exceptions the
     * frame has RF set (SDM volume 3, 18.3.1.1), so that going on there meets no breakpoint twice.
     */
    public static void fault(Vcpu v, int vector, int errorCode, long address) {
        if (vector != Vector.DB) {
            v.cpu.systemFlags |= Rflags.RF;
        }
        exception(v, vector, errorCode, address);
    }

    /**
     * Delivers exception {@code vector}; RIP is where the frame shall point.
     *
     * @param errorCode the code, or {@link GuestFault#NO_ERROR_CODE}
     * @param address linear address of a page fault
     */
    public static void exception(Vcpu v, int vector, int errorCode, long address) {
        Cpu cpu = v.cpu;
        v.history.add(History.EXCEPTION, cpu.rip, vector, errorCode, address, 0);
        v.crossings[History.EXCEPTION]++;
        int code = errorCode;
        if (vector == Vector.PF) {
            v.setCr2(address);
            code = v.kernelMode() ? code & ~PageFault.U : code | PageFault.U;
        } else if (vector == Vector.NM) {
            cpu.cr0 &= ~8L;
        }
        Trace trace = v.domain.hypervisor.trace;
        if (trace.trap()) {
            trace.line(
                    v
                            + String.format(
                                    " %s code %x address %x rip %x %s",
                                    Vector.name(vector),
                                    code,
                                    address,
                                    cpu.rip,
                                    v.kernelMode() ? "kernel" : "user"));
        }
        if (!v.handles(vector)) {
            v.domain.crash(
                    v,
                    "no handler for %s%s%s at %x"
                            .formatted(
                                    Vector.name(vector),
                                    Vector.hasErrorCode(vector)
                                            ? " (error code %x)".formatted(code)
                                            : "",
                                    vector == Vector.PF ? " of %x".formatted(address) : "",
                                    cpu.rip));
            return;
        }
        boolean mask = (v.trapFlags[vector] & TrapInfo.MASK_EVENTS) != 0;
        boolean hasCode = Vector.hasErrorCode(vector);
        enter(v, v.trapCs[vector], v.trapAddress[vector], mask, hasCode, code, 0);
    }

    /** Delivers INT {@code vector}, RIP being already behind the instruction. */
    static void interrupt(Vcpu v, int vector) {
        v.history.add(History.EXCEPTION, v.cpu.rip, vector, 0, 0, 0);
        if (!v.handles(vector)) {
            v.domain.crash(v, "no handler for interrupt vector " + vector);
            return;
        }
        boolean mask = (v.trapFlags[vector] & TrapInfo.MASK_EVENTS) != 0;
        enter(v, v.trapCs[vector], v.trapAddress[vector], mask, false, 0, 0);
    }

    /** Delivers the event upcall. */
    public static void event(Vcpu v) {
        v.history.add(History.EVENT, v.cpu.rip, 0, 0, 0, 0);
        v.crossings[History.EVENT]++;
        Trace trace = v.domain.hypervisor.trace;
        if (trace.trap()) {
            trace.line(v + String.format(" event upcall rip %x", v.cpu.rip));
        }
        if (!v.registered(v.eventCallback)) {
            v.domain.crash(v, "an event is pending and unmasked, but there is no event callback");
            return;
        }
        enter(v, v.eventCallback.cs, v.eventCallback.address, true, false, 0, 0);
    }

    /**
     * Delivers a system call of guest user mode to {@code callback}, which exists; {@code shownCs}
     * tells the kernel the mode to return to.
     */
    static void systemCall(Vcpu v, Callback callback, int shownCs) {
        v.crossings[History.SYSCALL]++;
        v.history.add(History.SYSCALL, v.cpu.rip, v.cpu.rax, 0, 0, 0);
        Cpu cpu = v.cpu;
        Segment cs = cpu.segments[Segment.CS];
        // The frame shows what SYSCALL loaded; the guest overwrites it with its own selectors.
        cs.selector = shownCs;
        cpu.segments[Segment.SS].selector = shownSs(v);
        enter(v, callback.cs, callback.address, callback.maskEvents, false, 0, Rflags.DF);
    }

    /** What a frame shows as the stack segment of a system call. */
    static int shownSs(Vcpu v) {
        return v.domain.compat() ? Selector32.FLAT_USER_DATA : Selector.FLAT_DATA;
    }

    /**
     * Tells the guest's kernel that segment registers could not be loaded: a frame with {@code
     * selectors} (of DS, ES, FS, GS) between R11 and RIP.
     */
    static void failsafe(Vcpu v, int[] selectors) {
        Cpu cpu = v.cpu;
        if (v.failsafeCallback.address == 0) {
            v.domain.crash(v, "a segment register cannot be loaded: no failsafe callback");
            return;
        }
        if (v.domain.compat()) {
            Bounce32.failsafe(v, selectors);
            return;
        }
        enter(v, 0, v.failsafeCallback.address, v.failsafeCallback.maskEvents, false, 0, 0);
        if (!v.domain.running()) {
            return;
        }
        long frame = cpu.rsp;
        long rsp = frame - 8L * selectors.length;
        if (inXen(rsp)) {
            v.domain.crash(v, String.format("the kernel stack is Xen's own area: %x", rsp));
            return;
        }
        try {
            cpu.mmu.write64(rsp, cpu.mmu.read64(frame));
            cpu.mmu.write64(rsp + 8, cpu.mmu.read64(frame + 8));
            for (int i = 0; i < selectors.length; i++) {
                cpu.mmu.write64(rsp + 16 + 8L * i, selectors[i]);
            }
        } catch (GuestFault f) {
            v.domain.crash(v, String.format("cannot push a failsafe frame at %x", rsp));
            return;
        }
        cpu.rsp = rsp;
    }

    /** Enters handler {@code rip} on the guest kernel's stack. */
    static void enter(
            Vcpu v,
            int handlerCs,
            long rip,
            boolean mask,
            boolean hasCode,
            int code,
            int alsoCleared) {
        if (v.domain.compat()) {
            Bounce32.enter(v, handlerCs, rip, mask, hasCode, code);
            return;
        }
        Cpu cpu = v.cpu;
        long oldRsp = cpu.rsp;
        long oldMask = v.upcallMask();
        int cs = cpu.segments[Segment.CS].selector;
        int ss = cpu.segments[Segment.SS].selector;
        long stack;
        if (v.kernelMode()) {
            stack = oldRsp;
            cs &= ~3;
        } else {
            cs |= 3;
            v.enterKernel();
            stack = v.kernelSp;
        }
        stack &= -16L;
        int words = hasCode ? 8 : 7;
        long bottom = stack - 8L * words;
        // Xen's own range is refused; any other bad stack faults below.
        if (inXen(stack - 1) || inXen(bottom)) {
            v.domain.crash(v, String.format("the kernel stack is Xen's own area: %x", stack));
            return;
        }
        long flags = frameFlags(v, oldMask);
        try {
            Frame frame = Frame.forWrite(cpu.mmu, bottom, words);
            frame.put(words - 1, ss);
            frame.put(words - 2, oldRsp);
            frame.put(words - 3, flags);
            frame.put(words - 4, cs | oldMask << 32);
            frame.put(words - 5, cpu.rip);
            if (hasCode) {
                frame.put(2, code & 0xffff_ffffL);
            }
            frame.put(1, cpu.r11);
            frame.put(0, cpu.rcx);
            frame.written();
        } catch (GuestFault f) {
            v.domain.crash(
                    v,
                    String.format(
                            "cannot push an entry frame at %x: %s", bottom, Vector.name(f.vector)));
            return;
        }
        if (mask) {
            v.setUpcallMask(1);
        }
        cpu.rip = rip;
        cpu.rsp = bottom;
        cpu.systemFlags = cpu.systemFlags & ~(CLEARED | Rflags.IOPL | alsoCleared) | Rflags.IF;
        Segments.loadFlatKernel(cpu);
        if (rip << 16 >> 16 != rip) {
            v.domain.crash(v, String.format("handler at non-canonical address %x", rip));
        }
    }

    /** RFLAGS as a frame shows them: IF is the event mask's opposite, IOPL only on request. */
    static long frameFlags(Vcpu v, long mask) {
        long flags = v.cpu.rflags() & ~(long) (Rflags.IF | Rflags.IOPL);
        if ((mask & 0xff) == 0) {
            flags |= Rflags.IF;
        }
        if (v.domain.assisted(VmAssist.ARCHITECTURAL_IOPL)) {
            flags |= (long) v.iopl << 12;
        }
        return flags;
    }
}
