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
    private final ConsoleInput input = new ConsoleInput();
    private ConsoleBackend console = attach();

    @BeforeEach
    void newConsole() {
        console = attach();
    }

    private ConsoleBackend attach() {
        try {
            return new ConsoleBackend(domain, MFN, PORT, input, (b, n) -> printed.write(b, 0, n));
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
        input.offer(long_.getBytes(StandardCharsets.US_ASCII));
        console.wake();
        input.offer(new byte[] {'!'});
        console.wake();
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
        input.offer(new byte[] {'a'});
        console.wake();
        domain.runPosted();
        assertThat(printed.size()).isZero();
        guestPrints("again");
        console.poll();
        assertThat(printed.toString(StandardCharsets.US_ASCII)).isEqualTo("again");
    }

    @Test
    void whatWasTypedBeforeTheGuestIsThereReachesIt() throws ControlException {
        ConsoleInput early = new ConsoleInput();
        early.offer("uname -a\n".getBytes(StandardCharsets.US_ASCII));
        new ConsoleBackend(domain, MFN, PORT, early, (b, n) -> printed.write(b, 0, n)).poll();
        assertThat(guestReads()).isEqualTo("uname -a\n");
    }

    @Test
    void inputIsKeptUpToItsSizeAndTheRestWaits() throws InterruptedException {
        byte[] most = new byte[ConsoleInput.SIZE + 5];
        assertThat(input.offer(most)).isEqualTo(ConsoleInput.SIZE);
        assertThat(input.offer(new byte[] {1})).isZero();
        Thread typing =
                new Thread(() -> {
                    try {
                        input.put(new byte[] {1, 2, 3});
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                });
        typing.start();
        input.drop(ConsoleInput.SIZE);
        typing.join();
        byte[] rest = new byte[5];
        assertThat(input.peek(rest)).isEqualTo(3);
        assertThat(rest).startsWith(1, 2, 3);
    }
}
