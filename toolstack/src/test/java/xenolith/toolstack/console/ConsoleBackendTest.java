package xenolith.toolstack.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.FakeDomain;

/** The console ring from the guest's side. */
class ConsoleBackendTest {
    private static final long MFN = 7;
    private static final int PORT = 2;

    private final FakeDomain domain = new FakeDomain();
    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final ByteBuffer page =
            ByteBuffer.wrap(domain.frame(MFN)).order(ByteOrder.LITTLE_ENDIAN);
    private ConsoleBackend console = attach();

    @BeforeEach
    void newConsole() {
        console = attach();
    }

    private ConsoleBackend attach() {
        try {
            return new ConsoleBackend(domain, MFN, PORT, (b, n) -> printed.write(b, 0, n));
        } catch (ControlException e) {
            throw new AssertionError(e);
        }
    }

    private void guestPrints(String text) {
        int prod = page.getInt(3084);
        for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
            page.put(1024 + (prod++ & 2047), b);
        }
        page.putInt(3084, prod);
    }

    private String guestReads() {
        StringBuilder text = new StringBuilder();
        int cons = page.getInt(3072);
        while (cons != page.getInt(3076)) {
            text.append((char) page.get(cons++ & 1023));
        }
        page.putInt(3072, cons);
        return text.toString();
    }

    @Test
    void outputIsTakenOnEachNotificationAndAnswered() {
        guestPrints("hello");
        domain.send(PORT);
        assertThat(printed.toString(StandardCharsets.US_ASCII)).isEqualTo("hello");
        assertThat(page.getInt(3080)).isEqualTo(5);
        assertThat(domain.notifications).isEqualTo(1);
        domain.send(PORT);
        assertThat(domain.notifications).isEqualTo(1);
    }

    @Test
    void indicesWrapAroundTheRingAndAround32Bits() {
        page.putInt(3080, -3);
        page.putInt(3084, -3);
        guestPrints("around the end");
        console.poll();
        guestPrints("x".repeat(2048));
        console.poll();
        assertThat(printed.toString(StandardCharsets.US_ASCII))
                .isEqualTo("around the end" + "x".repeat(2048));
    }

    @Test
    void inputWaitsForRoom() {
        String long_ = "0123456789".repeat(250);
        console.type(long_.getBytes(StandardCharsets.US_ASCII));
        console.type(new byte[] {'!'});
        assertThat(page.getInt(3076)).isZero();
        domain.runPosted();
        StringBuilder read = new StringBuilder();
        for (int i = 0; i < 5; i++) {
            read.append(guestReads());
            domain.send(PORT);
        }
        assertThat(read.toString()).isEqualTo(long_ + "!");
    }

    @Test
    void impossibleIndicesDoNoHarm() {
        page.putInt(3084, 0x7000_0000);
        page.putInt(3072, 5);
        console.type(new byte[] {'a'});
        domain.runPosted();
        assertThat(printed.size()).isZero();
        guestPrints("again");
        console.poll();
        assertThat(printed.toString(StandardCharsets.US_ASCII)).isEqualTo("again");
    }
}
