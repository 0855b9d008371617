package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Segment;

/** Answers on the fringe of calls, each as the source of Xen 4.17.7 has it. */
class ExactAnswersTest extends TwoGuests {
    // ---- whole structures --------------------------------------------------------------------

    @ParameterizedTest
    @CsvSource({
        "0, 12", "1, 12", "2, 12", "3, 4", "4, 4", "5, 24", "6, 8", "7, 8", "8, 8", "9, 4", "10, 2",
        "11, 24", "12, 8", "13, 8"
    })
    void eventOperationsReadTheirWholeArgument(int operation, int size) {
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, operation, END - size))
                .isNotEqualTo(-Errno.EFAULT);
        int free = g.d.events.bindIpi(0);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, operation, END - size + 1))
                .isEqualTo(-Errno.EFAULT);
        assertThat(g.d.events.bindIpi(0)).as("no port is gone").isEqualTo(free + 1);
    }

    @Test
    void operationsThatAreNotThereReadNothing() {
        long xen = 0xffff_8000_0000_0000L;
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, 15, xen)).isEqualTo(-Errno.ENOSYS);
        assertThat(g.call(Hypercall.SCHED_OP, 8, xen)).isEqualTo(-Errno.ENOSYS);
        assertThat(g.call(Hypercall.PHYSDEV_OP, 32, xen)).isEqualTo(-Errno.ENOSYS);
    }

    @ParameterizedTest
    @CsvSource({"3, 24", "4, 8", "6, 8"})
    void schedulingOperationsReadTheirWholeArgument(int operation, int size) {
        assertThat(g.call(Hypercall.SCHED_OP, operation, END - size + 1)).isEqualTo(-Errno.EFAULT);
    }

    @Test
    void entryPointsAreReadAsAWhole() {
        g.put16(END - 4, 4);
        assertThat(g.call(Hypercall.CALLBACK_OP, 1, END - 4)).isZero();
        g.put16(END - 2, 4);
        assertThat(g.call(Hypercall.CALLBACK_OP, 1, END - 2)).isEqualTo(-Errno.EFAULT);
        g.put64(END - 8, 0);
        assertThat(g.call(Hypercall.SET_TRAP_TABLE, END - 16)).isZero();
        assertThat(g.call(Hypercall.SET_TRAP_TABLE, END - 8)).isEqualTo(-Errno.EFAULT);
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, 0x14000, 0, 0)).isZero();
        g.put64(0x15000, 0);
        assertThat(g.call(Hypercall.SET_TRAP_TABLE, 0x15000 - 8)).isEqualTo(-Errno.EFAULT);
    }

    @Test
    void theCodeSegmentOfAnNmiIsThatOfTheWidth() {
        g.put64(AT, 0x5000);
        assertThat(g.call(Hypercall.NMI_OP, 0, AT)).isZero();
        assertThat(g.d.vcpu(0).trapCs[2]).isEqualTo(0xe033);
    }

    @Test
    void theOldEventCallReadsTheLongestArgument() {
        g.put32(END - 28, Evtchn.UNMASK);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP_COMPAT, END - 28)).isZero();
        g.put32(END - 24, Evtchn.UNMASK);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP_COMPAT, END - 24)).isEqualTo(-Errno.EFAULT);
    }

    // ---- console -----------------------------------------------------------------------------

    @Test
    void whatCannotBePrintedIsDropped() {
        byte[] bytes = "a\t\r\0b\u007f\u0080\u00a0\u00e9\n".getBytes(StandardCharsets.ISO_8859_1);
        for (int i = 0; i < bytes.length; i++) {
            host.memory.put8(g.maddr(AT + i), bytes[i]);
        }
        assertThat(g.call(Hypercall.CONSOLE_IO, 0, bytes.length, AT)).isZero();
        assertThat(g.d.bootLog()).isEqualTo("a\tb\u00a0\u00e9\n");
    }

    @Test
    void aTextIsReadInPiecesOf127BytesOrALine() {
        host.memory.put8(g.maddr(END - 130), 'x');
        host.memory.put8(g.maddr(END - 129), '\n');
        host.memory.put8(g.maddr(END - 128), 'y');
        assertThat(g.call(Hypercall.CONSOLE_IO, 0, 1000, END - 130)).isEqualTo(-Errno.EFAULT);
        assertThat(g.d.bootLog()).isEqualTo("x\ny");
        // Nobody has to wait for a long text.
        Vcpu v = g.d.vcpu(0);
        for (int i = 0; i < 4096; i++) {
            host.memory.put8(g.maddr(0x14000 + i), '\n');
        }
        g.set(v, Hypercall.CONSOLE_IO, 0, 4096, 0x14000);
        assertThat(g.paused(v)).isTrue();
        assertThat(g.d.bootLog()).hasSizeLessThan(600);
        assertThat(g.call(v, Hypercall.CONSOLE_IO, 0, v.cpu.rsi, v.cpu.rdx)).isZero();
        assertThat(g.d.bootLog()).hasSize(3 + 4096);
    }

    // ---- events and vCPUs --------------------------------------------------------------------

    private long poll(long port) {
        g.put64(AT, AT + 64);
        g.put32(AT + 8, 1);
        g.put64(AT + 16, 1);
        g.put32(AT + 64, port);
        return g.call(Hypercall.SCHED_OP, 3, AT);
    }

    @Test
    void aClosedPortIsPolledLikeAQuietOne() {
        assertThat(poll(63)).as("closed, but there").isZero();
        assertThat(poll(64)).isEqualTo(-Errno.EINVAL);
        assertThat(poll(-1)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void theNumberOfAVcpuHas32Bits() {
        assertThat(g.call(Hypercall.VCPU_OP, 3, 1L << 32, 0)).isEqualTo(1);
        assertThat(g.call(Hypercall.VCPU_OP, 3, 1L << 31, 0)).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void aVcpuBeyondSharedInfoNeedsAnAreaFirst() {
        TestHost.Guest many = host.guest(32, 34);
        assertThat(many.call(Hypercall.VCPU_OP, 0, 31, END)).isEqualTo(-Errno.EFAULT);
        assertThat(many.call(Hypercall.VCPU_OP, 0, 32, END)).isEqualTo(-Errno.EINVAL);
        many.d.vcpu(32).activity.setOnline(false);
        many.put64(AT, many.mfns[20]);
        many.put64(AT + 8, 0);
        assertThat(many.call(Hypercall.VCPU_OP, 10, 32, AT)).isZero();
        assertThat(many.call(Hypercall.VCPU_OP, 0, 32, END)).isEqualTo(-Errno.EFAULT);
        many.d.release();
    }

    @Test
    void numbersOf32BitsAreTakenOfRegistersOf64() {
        assertThat(g.call(Hypercall.FPU_TASKSWITCH, 1)).isZero();
        assertThat(g.d.vcpu(0).cpu.cr0 & 8).isEqualTo(8);
        assertThat(g.call(Hypercall.FPU_TASKSWITCH, 1L << 32)).isZero();
        assertThat(g.d.vcpu(0).cpu.cr0 & 8).isZero();
        assertThat(g.call(Hypercall.SET_SEGMENT_BASE, 1L << 32, 0x1234_5000)).isZero();
        assertThat(g.d.vcpu(0).cpu.segmentBase(Segment.FS)).isEqualTo(0x1234_5000);
        assertThat(g.call(Hypercall.SET_SEGMENT_BASE, 4, 0)).isEqualTo(-Errno.EINVAL);
    }

    /** {op, result, six arguments}. */
    private void entry(int i, long op, long a1, long a2) {
        long at = AT + 64L * i;
        g.put64(at, op);
        g.put64(at + 8, 77);
        g.put64(at + 16, a1);
        g.put64(at + 24, a2);
    }

    @Test
    void aListThatStopsTheDomainGoesOnWithIt() {
        Vcpu v = g.d.vcpu(0);
        long xen = 0xffff_8000_0000_0000L;
        assertThat(g.call(Hypercall.MULTICALL, xen, 0)).isEqualTo(-Errno.EFAULT);
        // Suspends.
        g.put32(AT + 512, 2);
        entry(0, Hypercall.SCHED_OP, 2, AT + 512);
        entry(1, Hypercall.SET_SEGMENT_BASE, 9, 0);
        g.set(v, Hypercall.MULTICALL, AT, 2);
        assertThat(g.paused(v)).isTrue();
        assertThat(g.get64(AT + 8)).as("told before").isZero();
        assertThat(g.get64(AT + 64 + 8)).isEqualTo(77);
        g.d.resume();
        assertThat(g.paused(v)).isFalse();
        assertThat(g.get64(AT + 64 + 8)).isEqualTo(-Errno.EINVAL);
    }
}
