package xenolith.machine.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;

/** The expected values come from running the same bytes on an AMD EPYC. */
class MixedLoadTest {
    private static long data(TinyGuest guest, int offset) {
        return guest.memory.get64(TinyGuest.maddr(TinyGuest.DATA) + offset);
    }

    private static void check(TinyGuest guest) {
        assertThat(guest.cpu.rax).isEqualTo(1);
        assertThat(guest.cpu.rbx).isEqualTo(0x32);
        assertThat(guest.cpu.rdx).isEqualTo(0x19);
        assertThat(guest.cpu.r8).isEqualTo(0x30c1b);
        assertThat(guest.cpu.r9).isEqualTo(0xc34f);
        assertThat(guest.cpu.r11).isEqualTo(0xaf);
        assertThat(guest.cpu.r14).isEqualTo(0xaf);
        assertThat(data(guest, 8)).isEqualTo(1);
        assertThat(data(guest, 24)).isEqualTo(0x7a120);
        assertThat(guest.cpu.rflags() & 0x8d5).isEqualTo(0x44);
        assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE + 0x56);
    }

    @Test
    void sameAsRealProcessor() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            MixedLoad.prepare(guest, 100_000);
            Exit exit = guest.interpreter.run(guest.cpu);
            assertThat(exit).isInstanceOf(Exit.Fault.class);
            assertThat(((Exit.Fault) exit).vector()).isEqualTo(Vector.UD);
            check(guest);
        }
    }

    /** Stopping anywhere, at exact counts, changes nothing. */
    @Test
    void sameInSlices() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            MixedLoad.prepare(guest, 100_000);
            int slice = 1;
            long expected = guest.cpu.retired;
            while (guest.run(slice) == Exit.Simple.TIME_UP) {
                expected += slice;
                assertThat(guest.cpu.retired).isEqualTo(expected);
                slice = slice * 7 % 1009 + 1;
            }
            check(guest);
        }
    }
}
