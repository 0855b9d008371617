package xenolith.machine.lift.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.cpu.SegmentLoad;

/** Limits, types and bases of segments in 32-bit and 16-bit code. */
class SegmentLimitTest {
    private static final int CODE = 0x0b;
    private static final int FLAT = 0x13;
    private static final int PAGE = 0x1b;
    private static final int BASED_CODE = 0x33;
    private static final int EXECUTE_ONLY = 0x3b;
    private static final int CODE16 = 0x43;

    private static final Exit GP = new Exit.Fault(Vector.GP, 0, 0);
    private static final Exit SS = new Exit.Fault(Vector.SS, 0, 0);

    private final Guest guest = new Guest();
    private final Cpu cpu = guest.cpu;

    @BeforeEach
    void table() {
        guest.gdt(
                0,
                0x00cf_fb00_0000_ffffL,
                0x00cf_f300_0000_ffffL,
                // A page at DATA.
                0x0040_f304_0000_0fffL,
                // 23: expands down to the same place.
                0x0040_f703_f000_0fffL,
                // 2b: read-only.
                0x00cf_f100_0000_ffffL,
                // A page at CODE.
                0x0040_fb01_0000_0fffL,
                0x00cf_f900_0000_ffffL,
                0x0000_fb01_0000_0fffL);
        code(CODE);
        for (int s : new int[] {Segment.SS, Segment.DS, Segment.ES}) {
            SegmentLoad.load(cpu, s, FLAT);
        }
    }

    private void code(int selector) {
        SegmentLoad.commitCode(cpu, selector, SegmentLoad.descriptor(cpu, selector));
    }

    @AfterEach
    void close() {
        guest.close();
    }

    @Test
    void flatSegmentsNeedNoChecks() {
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_32);
        SegmentLoad.load(cpu, Segment.ES, PAGE);
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_32_LIMITED);
        SegmentLoad.load(cpu, Segment.ES, FLAT);
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_32);
    }

    @ParameterizedTest
    @CsvSource({
        "0x1b, a1 fc 0f 00 00, true",
        "0x1b, a1 fd 0f 00 00, false",
        "0x1b, a0 ff 0f 00 00, true",
        "0x1b, a0 00 10 00 00, false",
        "0x1b, 66 a1 ff 0f 00 00, false",
        "0x1b, 8d 05 00 10 00 00, true",
        "0x1b, 0f 10 05 f0 0f 00 00, true",
        "0x1b, 0f 10 05 f1 0f 00 00, false",
        "0x1b, dd 05 f8 0f 00 00, true",
        "0x1b, dd 05 f9 0f 00 00, false",
        "0x1b, ff 2d fa 0f 00 00, true",
        "0x1b, ff 2d fb 0f 00 00, false",
        "0x23, a1 00 10 00 00, true",
        "0x23, a1 ff 0f 00 00, false",
        "0x2b, a1 00 00 04 00, true",
        "0x2b, a3 00 00 04 00, false",
        "0x2b, 83 3d 00 00 04 00 01, true",
        "0x2b, 83 05 00 00 04 00 01, false",
        "0x13, a3 00 00 04 00, true",
        "0x00, a1 00 00 04 00, false",
        "0x00, 26 a1 00 00 04 00, true"
    })
    void operandsKeepWithinDs(int selector, String hex, boolean allowed) {
        // For the far jump: to itself.
        guest.put64(Guest.DATA + 0xffa, (long) CODE << 32);
        SegmentLoad.load(cpu, Segment.DS, selector);
        assertThat(guest.run(hex)).isEqualTo(allowed ? Exit.Simple.TIME_UP : GP);
    }

    @Test
    void theStackSegmentFaultsAsSs() {
        SegmentLoad.load(cpu, Segment.SS, PAGE);
        cpu.rsp = 0x1000;
        cpu.rax = 0x1234;
        assertThat(guest.run("50")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(guest.get64(Guest.DATA + 0xffc) & 0xffff_ffffL).isEqualTo(0x1234);
        cpu.rsp = 0x1001;
        assertThat(guest.run("50")).isEqualTo(SS);
        assertThat(cpu.rsp).isEqualTo(0x1001);
        cpu.rbp = 0xffd;
        assertThat(guest.run("8b 45 00")).isEqualTo(SS);
        assertThat(guest.run("3e 8b 45 00")).as("by DS").isEqualTo(Exit.Simple.TIME_UP);
    }

    @Test
    void stringsStopAtTheLimit() {
        SegmentLoad.load(cpu, Segment.ES, PAGE);
        cpu.rdi = 0xffe;
        cpu.rcx = 10;
        assertThat(guest.run("f3 aa")).isEqualTo(GP);
        assertThat(cpu.rcx).isEqualTo(8);
        assertThat(cpu.rdi).isEqualTo(0x1000);
    }

    @Test
    void codeIsNotWritableAndNotAlwaysReadable() {
        assertThat(guest.run("2e a1 00 00 04 00")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(guest.run("2e a3 00 00 04 00")).isEqualTo(GP);
        code(EXECUTE_ONLY);
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_32);
        assertThat(guest.run("2e a1 00 00 04 00")).isEqualTo(GP);
    }

    private Exit runAt(long eip, String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        for (int i = 0; i < bytes.length; i++) {
            guest.put8(Guest.CODE + eip + i, bytes[i]);
        }
        cpu.rip = eip;
        return guest.resume(1);
    }

    @Test
    void codeSegmentsHaveABaseAndAnEnd() {
        code(BASED_CODE);
        assertThat(runAt(0, "b8 2a 00 00 00")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.rax).isEqualTo(42);
        assertThat(cpu.rip).isEqualTo(5);
        assertThat(runAt(0xffb, "b8 2b 00 00 00")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(runAt(0xffc, "b8 2c 00 00 00")).isEqualTo(GP);
        assertThat(cpu.rip).isEqualTo(0xffc);
        assertThat(runAt(0x10, "e9 00 10 00 00")).as("a jump out of it").isEqualTo(GP);
        assertThat(cpu.rip).isEqualTo(0x10);
        // The call that fails has pushed nothing.
        cpu.rsp = Guest.STACK;
        assertThat(runAt(0x10, "e8 00 10 00 00")).isEqualTo(GP);
        assertThat(cpu.rsp).isEqualTo(Guest.STACK);
    }

    @Test
    void codeOf16Bits() {
        code(CODE16);
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_16);
        assertThat(runAt(0, "b8 34 12")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.rax & 0xffff).isEqualTo(0x1234);
        assertThat(cpu.rip).isEqualTo(3);
        SegmentLoad.load(cpu, Segment.DS, PAGE);
        assertThat(runAt(0x10, "a1 fe 0f")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(runAt(0x10, "a1 ff 0f")).isEqualTo(GP);
    }
}
