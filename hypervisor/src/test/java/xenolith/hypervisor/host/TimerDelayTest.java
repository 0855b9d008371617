package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Hypercall;
import xenolith.abi.xen.Virq;
import xenolith.hypervisor.domain.Vcpu;

/**
 * A domain that makes one long call after the other does not delay another's timer: in a time that
 * is counted by the work that calls do, a tenth of a microsecond for each entry of a page table.
 */
class TimerDelayTest {
    private static final long NANOSECONDS_A_UNIT = 100;
    private static final long DEADLINE = 50_000_000;

    /** mov eax, 13; mov edi, LIST; mov esi, ENTRIES; syscall; jmp to the beginning. */
    private static void endlessMulticalls(TestHost.Guest g) {
        LongCallTest.putList(g);
        byte[] code = {
            (byte) 0xb8,
            Hypercall.MULTICALL,
            0,
            0,
            0,
            (byte) 0xbf,
            0,
            0,
            (byte) (LongCallTest.LIST >> 16),
            0,
            (byte) 0xbe,
            (byte) LongCallTest.ENTRIES,
            0,
            0,
            0,
            0x0f,
            0x05,
            (byte) 0xeb,
            (byte) 0xed
        };
        g.d.hypervisor.memory.write(g.maddr(TestHost.RIP), code, 0, code.length);
    }

    @Test
    void endlessMulticallsDelayNobodysTimer() {
        SetClock clock = new SetClock();
        try (TestHost host = new TestHost(4096, 3, clock)) {
            TestHost.Guest busy = host.guest(512, 1);
            endlessMulticalls(busy);
            TestHost.Guest sleeper = host.guest(32, 1);
            Vcpu v = sleeper.d.vcpu(0);
            // jmp to itself
            sleeper.put16(TestHost.RIP, 0xfeeb);
            sleeper.d.events.bindVirq(Virq.TIMER, 0);
            v.activity.stopPeriodic();
            v.activity.block();
            v.activity.setTimer(DEADLINE);
            PhysicalCpu cpu = new PhysicalCpu(host.hypervisor);
            int[] calls = {0};
            cpu.afterHypercalls(caller -> {
                calls[0]++;
                clock.now += NANOSECONDS_A_UNIT * caller.work;
            });
            long before = v.cpu.retired;
            cpu.run(() -> v.cpu.retired > before, 10 * DEADLINE);
            assertThat(busy.d.running()).isTrue();
            assertThat(calls[0]).as("exits of the busy one").isGreaterThan(20);
            assertThat(v.cpu.retired).as("the sleeper woke up").isGreaterThan(before);
            assertThat(clock.now).isBetween(DEADLINE, DEADLINE + 1_000_000);
        }
    }
}
