package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Exit;

/** Frames of a 64-bit kernel that lie within a page, in two, and partly nowhere. */
class KernelFrameTest {
    private static final int BREAKPOINT = 3;
    private static final long HANDLER = 0x5800;
    private static final long[] IRET = {1, 2, 3, 0, 0x5500, 0xe030, 0x202, 0x6f00, 0xe02b};

    private final TestHost host = new TestHost(1024, 3);
    private final TestHost.Guest g = host.guest(32, 1);
    private final Vcpu v = g.d.vcpu(0);

    @AfterEach
    void close() {
        host.close();
    }

    private void breakpoint(long rsp) {
        v.trapAddress[BREAKPOINT] = HANDLER;
        v.cpu.rip = 0x5000;
        v.cpu.rsp = rsp;
        v.cpu.rcx = 0x11;
        v.cpu.r11 = 0x22;
        host.exits.handle(v, new Exit.SoftwareInterrupt(BREAKPOINT, 1, true));
    }

    @ParameterizedTest
    @ValueSource(longs = {0x6fff, 0x7000, 0x7008, 0x7010, 0x7020, 0x7030, 0x7038, 0x7040})
    void anEntryHasAllItsWords(long rsp) {
        breakpoint(rsp);
        long frame = (rsp & -16) - 56;
        assertThat(v.cpu.rip).isEqualTo(HANDLER);
        assertThat(v.cpu.rsp).isEqualTo(frame);
        assertThat(g.get64(frame)).isEqualTo(0x11);
        assertThat(g.get64(frame + 8)).isEqualTo(0x22);
        assertThat(g.get64(frame + 16)).isEqualTo(0x5001);
        assertThat(g.get64(frame + 40)).isEqualTo(rsp);
        assertThat(g.get64(frame + 48)).isEqualTo(0xe02b);
    }

    @ParameterizedTest
    @ValueSource(longs = {0x6f00, 0x6fb8, 0x6fc0, 0x6ff8})
    void aReturnReadsAllItsWords(long sp) {
        for (int i = 0; i < IRET.length; i++) {
            g.put64(sp + 8L * i, IRET[i]);
        }
        v.cpu.rsp = sp;
        g.set(v, Hypercall.IRET);
        g.paused(v);
        assertThat(v.cpu.rip).isEqualTo(0x5500);
        assertThat(v.cpu.rax).isEqualTo(1);
        assertThat(v.cpu.r11).isEqualTo(2);
        assertThat(v.cpu.rcx).isEqualTo(3);
        assertThat(v.cpu.rsp).isEqualTo(0x6f00);
    }

    @Test
    void anEntryWhoseFrameHasNoPlaceIsTheEnd() {
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x7000, 0, 0)).isZero();
        breakpoint(0x7010);
        assertThat(g.d.running()).isFalse();
        assertThat(g.d.crashReport().orElse("")).contains("cannot push an entry frame at 6fd8");
    }

    @Test
    void aReturnWithHalfAFrameIsTheEnd() {
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x7000, 0, 0)).isZero();
        v.cpu.rsp = 0x6fc0;
        g.set(v, Hypercall.IRET);
        g.paused(v);
        assertThat(g.d.running()).isFalse();
    }
}
