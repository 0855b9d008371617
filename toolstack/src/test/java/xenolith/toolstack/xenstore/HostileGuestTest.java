package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.FakeDomain;

/** A guest that writes nonsense to its xenstore page harms nobody but itself. */
class HostileGuestTest {
    private static final long MFN = 3;
    private static final int REQ_PROD = 2052;
    private static final int RSP_CONS = 2056;
    private static final int RSP_PROD = 2060;
    private static final int ERROR = 2072;

    private final List<String> log = new ArrayList<>();
    private final Store store =
            new Store(
                    new StoreHost() {
                        @Override
                        public void log(String line) {
                            log.add(line);
                        }
                    });
    private final FakeDomain domain = new FakeDomain();
    private final ByteBuffer page =
            ByteBuffer.wrap(domain.frame(MFN)).order(ByteOrder.LITTLE_ENDIAN);
    private final Connection other = store.introduce(2);

    private XenstoreBackend attach() throws ControlException {
        store.write("/local/domain/1", "", "n0", "r1");
        store.write("/local/domain/1/data", "", "n1");
        store.write("/local/domain/2", "", "n0", "r2");
        store.write("/local/domain/2/data", "secret", "n2");
        return new XenstoreBackend(domain, MFN, 1, store);
    }

    private void checkOthers() {
        assertThat(store.check()).isEmpty();
        assertThat(store.read("/local/domain/2/data")).isEqualTo("secret");
        assertThat(store.permissions("/local/domain/2/data")).hasToString("n2");
        assertThat(Clients.ask(other, Message.READ, 0, "data\0")).containsExactly("secret");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomBytesInTheWholePage(long seed) throws ControlException {
        Random random = new Random(seed);
        attach();
        for (int round = 0; round < 500; round++) {
            for (int n = random.nextInt(64); n > 0; n--) {
                page.put(random.nextInt(2076), (byte) random.nextInt());
            }
            if (random.nextInt(4) == 0) {
                page.putInt(2048 + 4 * random.nextInt(4), random.nextInt(3000));
            }
            domain.send(1);
        }
        checkOthers();
    }

    @Test
    void impossibleIndicesAreToldToTheGuestAndTheLog() throws ControlException {
        attach();
        page.putInt(REQ_PROD, page.getInt(2048) + 1025);
        domain.send(1);
        assertThat(page.getInt(ERROR)).isEqualTo(2);
        assertThat(log)
                .containsExactly(
                        "xenstore: domain 1 is not listened to any more: the indices of its"
                                + " request ring cannot be");
        checkOthers();
    }

    @Test
    void impossibleIndicesOfTheResponses() throws ControlException {
        XenstoreBackend backend = attach();
        byte[] request =
                new Message(Message.WATCH, 1, 0, Message.terminated("data", "token")).bytes();
        put(request);
        page.putInt(RSP_CONS, 5);
        domain.send(1);
        assertThat(page.getInt(ERROR)).isEqualTo(2);
        assertThat(log.toString()).contains("response ring");
        store.write("/local/domain/1/data", "x");
        checkOthers();
        backend.close();
        assertThat(store.isIntroduced(1)).isFalse();
        checkOthers();
    }

    @Test
    void messagesThatAreTooLong() throws ControlException {
        attach();
        ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        put(header.putInt(2).putInt(1).putInt(0).putInt(-1).array());
        domain.send(1);
        assertThat(page.getInt(ERROR)).isEqualTo(3);
        assertThat(log.toString()).contains("more than 4096 bytes");
        checkOthers();
    }

    @Test
    void aFloodWithoutFetchingStopsAtTwentyRequests() throws ControlException {
        attach();
        byte[] request = new Message(Message.READ, 1, 0, Message.terminated("nothing")).bytes();
        int taken = 0;
        for (int i = 0; i < 1000; i++) {
            int before = page.getInt(2048);
            if (page.getInt(REQ_PROD) - before + request.length <= 1024) {
                put(request);
            }
            domain.send(1);
            taken += page.getInt(2048) - before;
        }
        // What the response ring holds was fetched as far as the store can tell.
        int inRing = (page.getInt(RSP_PROD) - page.getInt(RSP_CONS)) / 23;
        assertThat(taken / request.length).isLessThanOrEqualTo(inRing + 20);
        assertThat(page.getInt(ERROR)).isZero();
        checkOthers();
    }

    private void put(byte[] bytes) {
        int prod = page.getInt(REQ_PROD);
        for (byte b : bytes) {
            page.put(prod++ & 1023, b);
        }
        page.putInt(REQ_PROD, prod);
    }

    private static final String[] PATHS = {
        "data",
        "data/a",
        "data/a/b",
        "data/c",
        "/",
        "/local/domain/2/data",
        "@releaseDomain",
        "/local/domain/1",
        "",
        "//",
        "data/",
        "x y",
        "/local",
        "/tool/xenstored",
        "data/\u00e9"
    };

    private static final String[] WORDS = {
        "", "0", "1", "T", "F", "n1", "r2", "b1", "w7", "n99999", "token", "-1", "n", "4294967296"
    };

    @ParameterizedTest
    @ValueSource(longs = {11, 12, 13, 14, 15, 16})
    void randomRequests(long seed) {
        Random random = new Random(seed);
        Connection guest = store.introduce(1);
        store.write("/local/domain/1", "", "n0", "r1");
        store.write("/local/domain/1/data", "", "n1");
        store.write("/local/domain/2/data", "secret", "n2");
        for (int round = 0; round < 20_000; round++) {
            StringBuilder payload = new StringBuilder(PATHS[random.nextInt(PATHS.length)]);
            for (int n = random.nextInt(4); n > 0; n--) {
                payload.append('\0').append(WORDS[random.nextInt(WORDS.length)]);
            }
            if (random.nextInt(8) > 0) {
                payload.append('\0');
            }
            Clients.ask(
                    guest,
                    random.nextInt(25) - 1,
                    random.nextInt(3) == 0 ? 1 + random.nextInt(12) : 0,
                    payload.toString());
            if (round % 1000 == 0) {
                store.write("/local/domain/1/data", "");
                store.permit("/local/domain/1/data", "n1");
                assertThat(store.check()).isEmpty();
            }
        }
        assertThat(store.read("/local/domain/2/data")).isEqualTo("secret");
        assertThat(store.exists("/tool/xenstored")).isTrue();
        store.release(1);
        assertThat(store.check()).isEmpty();
        assertThat(store.directory("/local/domain/1")).isEmpty();
    }

    @Test
    void halfAMessageIsNoMessage() throws ControlException {
        attach();
        byte[] request =
                new Message(Message.WRITE, 1, 0, "data\0x".getBytes(StandardCharsets.US_ASCII))
                        .bytes();
        put(java.util.Arrays.copyOf(request, request.length - 1));
        domain.send(1);
        assertThat(store.read("/local/domain/1/data")).isEmpty();
        put(new byte[] {'x'});
        domain.send(1);
        assertThat(store.read("/local/domain/1/data")).isEqualTo("x");
    }
}
