package xenolith.hypervisor.time;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuTimeInfo;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.MachineMemory;

class PvclockTest {
    @Test
    void aGuestComputesSystemTimeFromTheCounter() {
        try (MachineMemory memory = new MachineMemory(1)) {
            long[] stamps = {0, 1, 999_999_999, 1L << 40};
            for (long stamp : stamps) {
                Pvclock.write(memory, 64, stamp);
                for (long delta : new long[] {0, 1, 2, 3, 1_000_000_007, 1L << 50}) {
                    assertThat(Pvclock.read(memory, 64, stamp + delta)).isEqualTo(stamp + delta);
                }
            }
        }
    }

    @Test
    void theFrequencyIsOneGigahertz() {
        // As Linux's pvclock_tsc_khz computes it.
        long khz = Long.divideUnsigned(1_000_000L << 32, Pvclock.MUL & 0xffff_ffffL);
        assertThat(khz >> Pvclock.SHIFT).isEqualTo(1_000_000);
    }

    @Test
    void theVersionIsEvenAfterEachWrite() {
        try (MachineMemory memory = new MachineMemory(1)) {
            Pvclock.write(memory, 0, 5);
            assertThat(memory.get32(VcpuTimeInfo.VERSION)).isEqualTo(2);
            Pvclock.write(memory, 0, 6);
            assertThat(memory.get32(VcpuTimeInfo.VERSION)).isEqualTo(4);
        }
    }

    @Test
    void theWallClockHasSixtyFourBitsOfSeconds() {
        try (MachineMemory memory = new MachineMemory(1)) {
            Pvclock.writeWallClock(memory, 0, Abi.BITS64, new Clock.WallClock(0x1_2345_6789L, 42));
            assertThat(memory.get32(SharedInfo.WC_SEC.at(Abi.BITS64))).isEqualTo(0x2345_6789L);
            assertThat(memory.get32(SharedInfo.WC_SEC_HI.at(Abi.BITS64))).isEqualTo(1);
            assertThat(memory.get32(SharedInfo.WC_NSEC.at(Abi.BITS64))).isEqualTo(42);
            assertThat(memory.get32(SharedInfo.WC_VERSION.at(Abi.BITS64)) & 1).isZero();
        }
    }

    @Test
    void countedTimeFollowsTheInstructionsOfWhoeverRuns() {
        try (MachineMemory memory = new MachineMemory(1)) {
            CountedClock clock = new CountedClock(0);
            Cpu a = new Cpu(memory, c -> clock.now());
            Cpu b = new Cpu(memory, c -> clock.now());
            b.retired = 500;
            clock.enter(a);
            a.retired += 10;
            assertThat(clock.now()).isEqualTo(10);
            clock.leave(a);
            clock.enter(b);
            b.retired += 5;
            clock.leave(b);
            assertThat(clock.now()).isEqualTo(15);
            clock.jumpTo(100);
            clock.jumpTo(50);
            assertThat(clock.now()).isEqualTo(100);
        }
    }
}
