package xenolith.hypervisor.trap;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Hole;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Descriptor;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.mmu.Access;

/**
 * Far CALL and JMP through the call gates of a 32-bit guest. Such gates are stored with DPL 0, so
 * that their use raises #GP with their selector; the hypervisor then does what the processor would
 * (SDM volume 3, 5.8), with the wanted DPL in the target selector's low bits.
 */
public final class CallGates {
    private static final long WORD = 0xffff_ffffL;
    private static final int GATE_32 = 12;
    private static final int GATE_16 = 4;
    private static final int PARAMETERS = 0x1f;

    private final Vcpu v;
    private final Cpu cpu;

    /** What #GP shows: the gate's selector without its RPL. */
    private final int errorCode;

    private int vector;
    private int code;
    private long address;

    private CallGates(Vcpu v, int errorCode) {
        this.v = v;
        this.cpu = v.cpu;
        this.errorCode = errorCode;
    }

    /**
     * #GP with a selector in its error code: goes through the gate, or delivers an exception;
     * whether the instruction was executed.
     */
    public static boolean generalProtection(Vcpu v, int errorCode) {
        CallGates g = new CallGates(v, errorCode);
        boolean passed = g.pass();
        if (!passed) {
            Bounce.fault(v, g.vector, g.code, g.address);
        }
        return passed;
    }

    private boolean fault(int newVector, int newCode) {
        vector = newVector;
        code = newCode;
        return false;
    }

    private boolean refuse() {
        return fault(Vector.GP, errorCode);
    }

    private boolean pass() {
        Descriptor gate = Segments32.read(v, errorCode);
        int dpl = (int) (gate.raw() >>> 16) & 3;
        boolean usable =
                (errorCode & ~3) != 0
                        && !gate.codeOrData()
                        && gate.dpl() == 0
                        && (gate.type() == GATE_32 || gate.type() == GATE_16);
        boolean behind = (errorCode & 4) == 0 && errorCode >>> 3 >= v.gdtEntries;
        if (!usable || behind || gate.type() == GATE_16 || dpl < cpu.cpl) {
            return refuse();
        }
        if (!gate.present()) {
            return fault(Vector.NP, errorCode);
        }
        Instruction i = instruction();
        Integer operand = i == null ? null : selectorOperand(i);
        if (i == null || operand == null || (operand & ~3) != errorCode || dpl < (operand & 3)) {
            return refuse();
        }
        boolean jump = i.opcode == 0xea || i.opcode == 0xff && (i.reg & 7) == 5;
        return enter(gate, jump, cpu.rip + i.length & WORD);
    }

    /** The instruction at CS:EIP, or null where it cannot be read. */
    private @Nullable Instruction instruction() {
        long at = cpu.rip + cpu.segmentBase(Segment.CS);
        try {
            return Decoder.decode(n -> codeByte(at + n & WORD), cpu.mode, 0);
        } catch (DecodeException | GuestFault e) {
            return null;
        }
    }

    private int codeByte(long va) {
        long maddr = cpu.mmu.tryTranslate(va, Access.READ);
        if (maddr < 0) {
            throw cpu.fault(Vector.GP, 0);
        }
        return (int) cpu.memory.get8(maddr);
    }

    /** The selector that {@code i} names, if it is a far CALL or JMP. */
    private @Nullable Integer selectorOperand(Instruction i) {
        if (i.map != Instruction.MAP_ONE_BYTE) {
            return null;
        }
        if (i.opcode == 0xea || i.opcode == 0x9a) {
            return i.immediate2 & 0xffff;
        }
        int group = i.reg & 7;
        if (i.opcode != 0xff || !i.memory() || group != 3 && group != 5) {
            return null;
        }
        long mask = i.addressSize == 2 ? 0xffff : WORD;
        long offset = cpu.get(i.base) + (cpu.get(i.index) << i.scale) + i.displacement & mask;
        long at = offset + i.operandSize + cpu.segmentBase(i.segment) & WORD;
        try {
            return (int) cpu.mmu.read16(at);
        } catch (GuestFault f) {
            return null;
        }
    }

    private boolean enter(Descriptor gate, boolean jump, long next) {
        int selector = (int) (gate.raw() >>> 16) & 0xfffc;
        long offset = gate.raw() & 0xffff | gate.raw() >>> 32 & 0xffff_0000L;
        Descriptor target = Segments32.read(v, selector);
        boolean inwards = !jump || target.conforming();
        if (!target.code() || (inwards ? target.dpl() > cpu.cpl : target.dpl() != cpu.cpl)) {
            return fault(Vector.GP, selector);
        }
        if (!target.present()) {
            return fault(Vector.NP, selector);
        }
        if (Long.compareUnsigned(offset, target.limit()) > 0) {
            return fault(Vector.GP, 0);
        }
        int oldSs = cpu.segments[Segment.SS].selector;
        if (jump) {
            return go(selector | cpu.cpl, offset, oldSs, cpu.rsp);
        }
        if (target.dpl() >= cpu.cpl) {
            return call(selector | cpu.cpl, offset, next);
        }
        // Of inner stacks only that of the kernel is known.
        return target.dpl() == 1
                ? callInner(selector | 1, offset, next, (int) (gate.raw() >>> 32) & PARAMETERS)
                : refuse();
    }

    private boolean call(int selector, long offset, long next) {
        int ss = cpu.segments[Segment.SS].selector;
        Descriptor stack = Segments32.read(v, ss);
        if (stack.dpl() != (selector & 3)) {
            return refuse();
        }
        long esp = cpu.rsp & WORD;
        if (!fits(stack, esp, 8)) {
            return fault(Vector.SS, 0);
        }
        long[] words = {cpu.segments[Segment.CS].selector, next};
        return push(stack, esp, words) && go(selector, offset, ss, esp - 8 & WORD);
    }

    private boolean callInner(int selector, long offset, long next, int parameters) {
        int ss = v.kernelSs;
        Descriptor stack = Segments32.read(v, ss);
        if ((ss & 3) != 1 || stack.dpl() != 1 || !stack.writable()) {
            return fault(Vector.TS, ss & ~3);
        }
        long esp = v.kernelSp & WORD;
        int bytes = (4 + parameters) * 4;
        if (!stack.present() || !fits(stack, esp, bytes)) {
            return fault(Vector.SS, ss & ~3);
        }
        long[] words = new long[4 + parameters];
        words[0] = cpu.segments[Segment.SS].selector;
        words[1] = cpu.rsp & WORD;
        // As Xen has it: the caller's limit, but the kernel's ESP.
        Descriptor outer = Segments32.read(v, cpu.segments[Segment.SS].selector);
        long below = esp - 8 + 4L * parameters & WORD;
        if (parameters > 0 && !fits(outer, below, 4 * parameters)) {
            return refuse();
        }
        if (!copyParameters(words, parameters)) {
            return false;
        }
        words[2 + parameters] = cpu.segments[Segment.CS].selector;
        words[3 + parameters] = next;
        return push(stack, esp, words) && go(selector, offset, ss, esp - bytes & WORD);
    }

    /** Reads the words on top of the caller's stack, the deepest one first. */
    private boolean copyParameters(long[] words, int parameters) {
        long base = cpu.segmentBase(Segment.SS);
        for (int n = 0; n < parameters; n++) {
            long at = base + cpu.rsp + 4L * (parameters - 1 - n) & WORD;
            if (at + 4 > Hole.START) {
                return refuse();
            }
            long maddr = cpu.mmu.tryTranslate(at, Access.READ);
            if (maddr < 0) {
                address = at;
                return fault(Vector.PF, 0);
            }
            words[2 + n] = cpu.memory.get32(maddr);
        }
        return true;
    }

    /** Whether {@code bytes} below {@code esp} are within the segment. */
    private static boolean fits(Descriptor stack, long esp, int bytes) {
        long low = esp - bytes & WORD;
        long high = esp - 1 & WORD;
        boolean down = (stack.type() & 4) != 0;
        return low < high && (down ? low > stack.limit() : high <= stack.limit());
    }

    /** Pushes {@code words} below {@code esp}, as the hypervisor. */
    private boolean push(Descriptor stack, long esp, long[] words) {
        long top = stack.base() + esp & WORD;
        if (top > Hole.START || top < 4L * words.length) {
            return refuse();
        }
        v.paging.selectKernel();
        try {
            for (int n = 0; n < words.length; n++) {
                cpu.mmu.write32(top - 4L * (n + 1), words[n]);
            }
            return true;
        } catch (GuestFault f) {
            address = f.address;
            return fault(Vector.PF, PageFault.W);
        } finally {
            cpu.mmu.setPrivilege(cpu.cpl == 3);
        }
    }

    private boolean go(int selector, long offset, int ss, long esp) {
        cpu.rip = offset;
        cpu.rsp = esp;
        if (!Segments32.loadTarget(v, selector, ss)) {
            v.domain.crash(v, "a call gate leads to %04x, which cannot run".formatted(selector));
        }
        return true;
    }
}
