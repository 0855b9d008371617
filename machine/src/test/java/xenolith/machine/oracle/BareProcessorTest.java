package xenolith.machine.oracle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import org.junit.jupiter.api.Test;

/** That the judge itself sees what it should. */
class BareProcessorTest {
    private static BareProcessor bare() {
        try {
            return BareProcessor.get();
        } catch (BareProcessor.Unavailable e) {
            return abort(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] code(int... bytes) {
        byte[] b = new byte[bytes.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) bytes[i];
        }
        return b;
    }

    @Test
    void addsAndSetsFlags() {
        ProcessorState s = new ProcessorState();
        s.gpr[0] = -1;
        s.gpr[3] = 1;
        s.xmm[5] = 77;
        // ADD RAX, RBX
        ProcessorState after = bare().execute(code(0x48, 0x01, 0xd8), s);
        assertThat(after.gpr[0]).isZero();
        assertThat(after.rflags & 0x8d5).isEqualTo(0x55);
        assertThat(after.rip).isEqualTo(ProcessorState.INSTRUCTION + 3);
        assertThat(after.xmm[5]).isEqualTo(77);
        assertThat(after.gpr[3]).isEqualTo(1);
    }

    @Test
    void seesMemoryAndStackAndBranches() {
        ProcessorState s = new ProcessorState();
        s.gpr[4] = ProcessorState.MIDDLE + 4;
        // CALL to the far target: pushes across the border of two pages.
        int rel = (int) (ProcessorState.FAR_TARGET - ProcessorState.INSTRUCTION - 5);
        byte[] call = code(0xe8, rel, rel >> 8, rel >> 16, rel >> 24);
        ProcessorState after = bare().execute(call, s);
        assertThat(after.rip).isEqualTo(ProcessorState.FAR_TARGET);
        assertThat(after.gpr[4]).isEqualTo(ProcessorState.MIDDLE - 4);
        assertThat(after.peek(ProcessorState.MIDDLE - 4, 8))
                .isEqualTo(ProcessorState.INSTRUCTION + 5);
    }

    @Test
    void seesTheFloatingPointStack() {
        ProcessorState s = new ProcessorState();
        // FLD1
        ProcessorState after = bare().execute(code(0xd9, 0xe8), s);
        assertThat(after.significand[0]).isEqualTo(1L << 63);
        assertThat(after.signExponent[0]).isEqualTo(0x3fff);
        assertThat(after.ftw).isEqualTo(0x80);
        assertThat(after.fsw >> 11 & 7).isEqualTo(7);
    }
}
