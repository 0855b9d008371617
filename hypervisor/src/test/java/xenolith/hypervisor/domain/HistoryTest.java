package xenolith.hypervisor.domain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Hypercall;

class HistoryTest {
    private final History history = new History();

    @Test
    void repeatsDoNotPushOutWhatWasBefore() {
        history.add(History.HYPERCALL, 0x10, Hypercall.MMUEXT_OP, 0xabc, 1, 0);
        history.result(-22);
        for (int i = 0; i < 1000; i++) {
            history.add(History.HYPERCALL, 0x20, Hypercall.EVENT_CHANNEL_OP, 4, i, 0);
            history.result(0);
            history.add(History.EVENT, 0x30, 0, 0, 0, 0);
            history.add(History.IRET, 0x40, 0xe033, 0x30, 0, 0);
        }
        assertThat(history.lines(40))
                .hasSize(4)
                .first()
                .asString()
                .endsWith("hypercall mmuext_op(abc, 1, 0) = -22");
        assertThat(history.lines(40).get(1))
                .contains("event_channel_op send(4, 3e7, 0) = 0")
                .endsWith("999 more like it");
    }

    @Test
    void exceptionsAreKeptOneByOne() {
        history.add(History.EXCEPTION, 0x10, 14, 2, 0x1000, 0);
        history.add(History.EXCEPTION, 0x10, 14, 2, 0x2000, 0);
        assertThat(history.lines(40)).hasSize(2);
    }
}
