package xenolith.hypervisor.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;

class RefusalsTest {
    private final HypervisorLog log = new HypervisorLog();
    private final Refusals refusals = log.refusals();

    @Test
    void reasonsOfACallMakeOneLine() {
        refusals.begin();
        log.refuse(1, "port 7 is not in use");
        log.refuse(1, "and more");
        assertThat(refusals.last()).isEmpty();
        refusals.record(1, 0, Hypercall.EVENT_CHANNEL_OP, 4, 0x1000, 0, -Errno.EINVAL);
        refusals.end();
        assertThat(refusals.last().getLast().line())
                .isEqualTo(
                        "d1v0 event_channel_op send(0x4, 0x1000, 0x0) = -EINVAL:"
                                + " port 7 is not in use; and more");
    }

    @Test
    void aReasonOfOneEntryIsNotGivenForTheNext() {
        refusals.begin();
        log.refuse(1, "first");
        refusals.record(1, 0, Hypercall.VM_ASSIST, 0, 99, 0, -Errno.EINVAL);
        refusals.record(1, 0, Hypercall.VM_ASSIST, 0, 98, 0, -Errno.EINVAL);
        assertThat(refusals.last().getFirst().explained()).isTrue();
        assertThat(refusals.last().getLast().explained()).isFalse();
        assertThat(refusals.last().getLast().line()).endsWith("no reason was given");
    }

    @Test
    void outsideOfCallsAReasonStandsAlone() {
        log.refuse(3, "a trapped store");
        assertThat(refusals.last().getLast().line()).isEqualTo("d3: a trapped store");
    }

    @Test
    void theRingIsBoundedAndDoesNotPushMessagesOut() {
        log.line("hello");
        for (int i = 0; i < 5000; i++) {
            log.refuse(1, "number " + i);
        }
        assertThat(refusals.last()).hasSize(1024);
        assertThat(refusals.count()).isEqualTo(5000);
        assertThat(log.lines()).first().isEqualTo("(XEN) hello");
        assertThat(log.lines()).last().isEqualTo("(XEN) d1: number 4999");
        assertThat(refusals.last(2, 10)).isEmpty();
        assertThat(refusals.last(1, 10)).hasSize(10);
    }
}
