package xenolith.machine.interpret;

import java.util.ArrayList;
import java.util.List;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.CodeBytes;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.ir.Op;
import xenolith.machine.lift.Lifter;

/** Finds or makes the block at a processor's RIP. */
final class BlockBuilder {
    private final CodeCache code;

    BlockBuilder(CodeCache code) {
        this.code = code;
    }

    /**
     * The block at linear address {@code va}, which lies in {@code page} and is not in its table;
     * throws the guest's fault if its first instruction cannot be fetched.
     */
    Block blockAt(Cpu cpu, long va, CodePage page) {
        long maddr = cpu.mmu.fetch(va);
        int offset = (int) maddr & 4095;
        if (page.crosses(offset)) {
            long nextMfn = cpu.mmu.fetch(va + 4096 - offset) >>> 12;
            Block known = page.findCrossing(offset, nextMfn);
            return known != null ? known : crossing(cpu, va, maddr, 4096 - offset);
        }
        return build(cpu, va, maddr);
    }

    private Block build(Cpu cpu, long va, long maddr) {
        int inPage = (int) (4096 - (maddr & 4095));
        List<Op> ops = new ArrayList<>();
        List<Integer> offsets = new ArrayList<>();
        int at = 0;
        while (at < inPage && ops.size() < Block.MAX) {
            Lifted lifted = liftWithin(cpu, maddr, at, inPage);
            if (lifted == null) {
                break;
            }
            ops.add(lifted.op);
            offsets.add(at);
            at += lifted.length;
            if (lifted.op.endsBlock()) {
                break;
            }
        }
        if (ops.isEmpty()) {
            return crossing(cpu, va, maddr, inPage);
        }
        offsets.add(at);
        Block block = block(maddr, -1, ops, offsets);
        code.add(block, cpu.mode);
        return block;
    }

    /** The first instruction of {@code block} alone, in a block that nobody keeps. */
    Block first(Block block) {
        int[] offsets = {0, block.offsets[1]};
        return new Block(block.maddr, block.nextMfn, new Op[] {block.ops[0]}, offsets);
    }

    private record Lifted(Op op, int length) {}

    /** Signals that an instruction goes on in the next page. */
    private static final class BeyondPage extends RuntimeException {
        private static final long serialVersionUID = 1L;
        static final BeyondPage SIGNAL = new BeyondPage();

        private BeyondPage() {
            super(null, null, false, false);
        }
    }

    /** The instruction {@code at} bytes behind {@code maddr}, or null if it crosses the page. */
    private static @org.jspecify.annotations.Nullable Lifted liftWithin(
            Cpu cpu, long maddr, int at, int inPage) {
        CodeBytes bytes =
                offset -> {
                    if (at + offset >= inPage) {
                        throw BeyondPage.SIGNAL;
                    }
                    return (int) cpu.memory.get8(maddr + at + offset);
                };
        try {
            return lift(bytes, cpu.mode, at);
        } catch (BeyondPage e) {
            return null;
        }
    }

    private static Lifted lift(CodeBytes bytes, int mode, int at) {
        int[] seen = {1};
        CodeBytes counted =
                offset -> {
                    int b = bytes.at(offset);
                    seen[0] = Math.max(seen[0], offset + 1);
                    return b;
                };
        try {
            Instruction i = Decoder.decode(counted, mode, at);
            Op op = Lifter.lift(i);
            return op != null
                    ? new Lifted(op, i.length)
                    : new Lifted(new RaiseOp(Vector.UD, GuestFault.NO_ERROR_CODE), i.length);
        } catch (DecodeException e) {
            Op op =
                    e == DecodeException.TOO_LONG
                            ? new RaiseOp(Vector.GP, 0)
                            : new RaiseOp(Vector.UD, GuestFault.NO_ERROR_CODE);
            // All bytes that were looked at: the exception goes when one of them changes.
            return new Lifted(op, seen[0]);
        }
    }

    /**
     * A block of the one instruction that begins at the page's end and goes on in the next page.
     */
    private Block crossing(Cpu cpu, long va, long maddr, int inPage) {
        long next = va + inPage;
        long[] nextMaddr = {-1};
        CodeBytes bytes =
                offset -> {
                    if (offset < inPage) {
                        return (int) cpu.memory.get8(maddr + offset);
                    }
                    if (nextMaddr[0] < 0) {
                        nextMaddr[0] = cpu.mmu.fetch(next);
                    }
                    return (int) cpu.memory.get8(nextMaddr[0] + offset - inPage);
                };
        Lifted lifted = lift(bytes, cpu.mode, 0);
        boolean crosses = nextMaddr[0] >= 0 && lifted.length > inPage;
        long nextMfn = crosses ? nextMaddr[0] >>> 12 : -1;
        Block block = block(maddr, nextMfn, List.of(lifted.op), List.of(0, lifted.length));
        if (crosses) {
            code.addCrossing(block, cpu.mode);
        } else {
            code.add(block, cpu.mode);
        }
        return block;
    }

    private static Block block(long maddr, long nextMfn, List<Op> ops, List<Integer> offsets) {
        return new Block(
                maddr,
                nextMfn,
                ops.toArray(new Op[0]),
                offsets.stream().mapToInt(Integer::intValue).toArray());
    }
}
