package xenolith.machine.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import xenolith.machine.ir.Op;
import xenolith.machine.memory.MachineMemory;

/** The interpreter's memory of code is bounded. */
class CodeCacheTest {
    private final MachineMemory memory = new MachineMemory(64);

    private static Block block(long maddr, long nextMfn, int operations) {
        Op[] ops = new Op[operations];
        int[] offsets = new int[operations + 1];
        for (int i = 0; i < operations; i++) {
            ops[i] = StaleOp.INSTANCE;
            offsets[i + 1] = 2 * (i + 1);
        }
        return new Block(maddr, nextMfn, ops, offsets);
    }

    @Test
    void blocksGoWhenThereAreTooMany() {
        CodeCache code = new CodeCache(memory, 1000);
        Block first = block(0, -1, 10);
        code.add(first, 0);
        for (int n = 1; n < 1000; n++) {
            code.add(block(64L * n, -1, 10), 0);
            assertThat(code.operations()).isLessThanOrEqualTo(1000);
        }
        assertThat(first.valid).isFalse();
        assertThat(code.page(0, 0).find(0)).isNull();
        Block last = Objects.requireNonNull(code.page(999 >> 6, 0).find(64 * 999 & 4095));
        assertThat(last.valid).isTrue();
    }

    @Test
    void codeThatIsWrittenAnewLeavesTheRest() {
        CodeCache code = new CodeCache(memory, 1000);
        Block other = block(5 << 12, -1, 10);
        code.add(other, 0);
        for (int n = 0; n < 1000; n++) {
            code.add(block(0, -1, 10), 0);
            memory.put8(0, n);
        }
        assertThat(other.valid).isTrue();
        assertThat(code.operations()).isEqualTo(10);
    }

    @Test
    void instructionsThatCrossPagesDoNotPileUp() {
        CodeCache code = new CodeCache(memory);
        for (int n = 0; n < 1000; n++) {
            code.addCrossing(block(4095, 9, 1), 0);
            memory.put8(4095, n);
        }
        assertThat(code.crossing()).isLessThanOrEqualTo(1);
    }
}
