package xenolith.machine.lift.integer;

import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLimit;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Address;
import xenolith.machine.ir.Op;

/**
 * PUSH, POP, PUSHA, POPA, ENTER and LEAVE. The stack pointer moves only when the memory access has
 * succeeded. Its width is 64 bits in 64-bit mode, else SS.B says.
 */
final class Stack {
    private Stack() {}

    // ---- any mode ----------------------------------------------------------------------------

    /** Bits of the stack pointer that count. */
    private static long pointerMask(Cpu cpu) {
        if (cpu.mode == Cpu.MODE_64) {
            return -1L;
        }
        return cpu.segments[Segment.SS].big() ? 0xffff_ffffL : 0xffffL;
    }

    /** The linear address of {@code size} bytes {@code delta} bytes from the stack pointer. */
    static long address(Cpu cpu, long delta, int size) {
        long mask = pointerMask(cpu);
        long offset = cpu.rsp + delta & mask;
        if (cpu.mode >= Cpu.MODE_16) {
            SegmentLimit.check(cpu, Segment.SS, offset, size, false);
        }
        return mask == -1L ? offset : offset + cpu.segmentBase(Segment.SS) & 0xffff_ffffL;
    }

    /** Adds {@code bytes} to the stack pointer. */
    static void release(Cpu cpu, long bytes) {
        setPointer(cpu, cpu.rsp + bytes);
    }

    private static void setPointer(Cpu cpu, long value) {
        long mask = pointerMask(cpu);
        // A 16-bit stack pointer leaves the rest of ESP alone.
        long kept = mask == 0xffffL ? cpu.rsp & ~0xffffL : 0;
        cpu.rsp = kept | value & mask;
    }

    /** Pushes the low {@code size} bytes of {@code value}. */
    static void push(Cpu cpu, int size, long value) {
        cpu.mmu.writeStack(address(cpu, -size, size), size, value);
        release(cpu, -size);
    }

    /** What {@link #pop} would give. */
    static long top(Cpu cpu, int size) {
        return cpu.mmu.readStack(address(cpu, 0, size), size);
    }

    /** Pops {@code size} bytes; zero-extended. */
    static long pop(Cpu cpu, int size) {
        long value = top(cpu, size);
        release(cpu, size);
        return value;
    }

    /** Bytes that PUSH and POP move: in 64-bit mode 8, or 2 with a prefix. */
    static int size(Instruction i) {
        if (i.mode != Cpu.MODE_64) {
            return i.operandSize;
        }
        return i.prefix66 && !i.rexW() ? 2 : 8;
    }

    // ---- families ----------------------------------------------------------------------------

    /** PUSH r: 50 to 57. */
    static Op ofPushRegister(Instruction i) {
        int n = Place.opcodeRegister(i);
        int size = size(i);
        return size == 8 ? new Push64(n) : new Push(new Place.Register(n, size, 0));
    }

    /** POP r: 58 to 5F. */
    static Op ofPopRegister(Instruction i) {
        int n = Place.opcodeRegister(i);
        int size = size(i);
        return size == 8 ? new Pop64(n) : new Pop(i, new Place.Register(n, size, 0));
    }

    /** PUSH imm: 68 and 6A. */
    static Op ofPushImmediate(Instruction i) {
        return new PushImmediate(i.immediate, size(i));
    }

    /** PUSH r/m: FF /6. */
    static Op ofPush(Instruction i) {
        int size = size(i);
        return size == 8 && !i.memory() ? new Push64(i.rm) : new Push(Place.rm(i, size));
    }

    /** POP r/m: 8F /0. */
    static @Nullable Op ofPop(Instruction i) {
        return (i.reg & 7) == 0 ? new Pop(i, Place.rm(i, size(i))) : null;
    }

    private static final class Push64 extends Op {
        private final int from;

        Push64(int from) {
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            long top = cpu.rsp - 8;
            cpu.mmu.writeStack64(top, cpu.get(from));
            cpu.rsp = top;
        }
    }

    private static final class Pop64 extends Op {
        private final int to;

        Pop64(int to) {
            this.to = to;
        }

        @Override
        public void execute(Cpu cpu) {
            long top = cpu.rsp;
            long value = cpu.mmu.readStack64(top);
            cpu.rsp = top + 8;
            cpu.set(to, value);
        }
    }

    private static final class Push extends Op {
        private final Place from;

        Push(Place from) {
            this.from = from;
        }

        @Override
        public void execute(Cpu cpu) {
            push(cpu, from.size, from.read(cpu, from.locate(cpu)));
        }

        @Override
        public boolean stackOperand() {
            return from.stackOperand();
        }
    }

    private static final class PushImmediate extends Op {
        private final long value;
        private final int size;

        PushImmediate(long value, int size) {
            this.value = value;
            this.size = size;
        }

        @Override
        public void execute(Cpu cpu) {
            push(cpu, size, value);
        }
    }

    /** An address with RSP for its base counts from the stack pointer after the increment. */
    private static final class Pop extends Op {
        private final Place to;
        private final @Nullable Address address;
        private final long ahead;

        Pop(Instruction i, Place to) {
            this.to = to;
            this.address = to instanceof Place.Memory m ? m.address : null;
            this.ahead = address != null && i.base == Cpu.RSP ? to.size : 0;
        }

        @Override
        public void execute(Cpu cpu) {
            long value = top(cpu, to.size);
            if (address != null) {
                to.write(cpu, address.of(cpu, ahead), value);
                release(cpu, to.size);
            } else {
                release(cpu, to.size);
                to.write(cpu, 0, value);
            }
        }

        @Override
        public boolean stackOperand() {
            return to.stackOperand();
        }
    }

    /** PUSHA: 60. */
    static final class PushAll extends Op {
        private final int size;

        PushAll(Instruction i) {
            this.size = i.operandSize;
        }

        @Override
        public void execute(Cpu cpu) {
            // The lowest first: if the stack ends in the middle nothing counts.
            for (int n = 7; n >= 0; n--) {
                cpu.mmu.writeStack(address(cpu, -(n + 1L) * size, size), size, cpu.get(n));
            }
            release(cpu, -8L * size);
        }
    }

    /** POPA: 61. */
    static final class PopAll extends Op {
        private final int size;

        PopAll(Instruction i) {
            this.size = i.operandSize;
        }

        @Override
        public void execute(Cpu cpu) {
            long[] values = new long[8];
            for (int n = 0; n < 8; n++) {
                values[n] = cpu.mmu.readStack(address(cpu, size * (7L - n), size), size);
            }
            release(cpu, 8L * size);
            for (int n = 0; n < 8; n++) {
                if (n != Cpu.RSP) {
                    new Place.Register(n, size, 0).write(cpu, 0, values[n]);
                }
            }
        }
    }

    /** LEAVE: C9. */
    static final class Leave extends Op {
        private final Place frame;

        Leave(Instruction i) {
            this.frame = new Place.Register(Cpu.RBP, size(i), 0);
        }

        @Override
        public void execute(Cpu cpu) {
            long before = cpu.rsp;
            long value = cpu.mmu.readStack(address(cpu, cpu.rbp - before, frame.size), frame.size);
            setPointer(cpu, cpu.rbp + frame.size);
            frame.write(cpu, 0, value);
        }
    }

    /** ENTER: C8. */
    static final class Enter extends Op {
        private final int size;
        private final int level;
        private final long locals;
        private final Place frame;

        Enter(Instruction i) {
            this.size = size(i);
            this.level = i.immediate2 & 31;
            this.locals = i.immediate & 0xffff;
            this.frame = new Place.Register(Cpu.RBP, size, 0);
        }

        @Override
        public void execute(Cpu cpu) {
            long toFrame = cpu.rbp - cpu.rsp;
            long newFrame = cpu.rsp - size;
            cpu.mmu.writeStack(address(cpu, -size, size), size, cpu.rbp);
            for (int n = 1; n < level; n++) {
                long display =
                        cpu.mmu.readStack(address(cpu, toFrame - (long) n * size, size), size);
                cpu.mmu.writeStack(address(cpu, -(n + 1L) * size, size), size, display);
            }
            if (level > 0) {
                cpu.mmu.writeStack(address(cpu, -(level + 1L) * size, size), size, newFrame);
            }
            long depth = (level + 1L) * size + locals;
            cpu.mmu.checkWrite(address(cpu, -depth, 1), 1, Vector.SS);
            setPointer(cpu, cpu.rsp - depth);
            frame.write(cpu, 0, newFrame & pointerMask(cpu));
        }
    }
}
