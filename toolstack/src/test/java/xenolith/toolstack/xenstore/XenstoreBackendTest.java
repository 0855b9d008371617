package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.FakeDomain;

/** The xenstore ring from the guest's side. */
class XenstoreBackendTest {
    private static final long MFN = 3;
    private static final int PORT = 1;

    private final FakeDomain domain = new FakeDomain();
    private final Store store = new Store();
    private final ByteBuffer page =
            ByteBuffer.wrap(domain.frame(MFN)).order(ByteOrder.LITTLE_ENDIAN);

    @BeforeEach
    void attach() throws ControlException {
        store.write("/local/domain/1", "", "n0", "r1");
        store.write("/local/domain/1/domid", "1", "n0", "r1");
        store.write("/local/domain/1/data", "", "n1");
        for (int offset = 2048; offset < 2064; offset += 4) {
            page.putInt(offset, -20);
        }
        XenstoreBackend backend = new XenstoreBackend(domain, MFN, PORT, store);
        backend.poll();
    }

    private void put(byte[] bytes) {
        int prod = page.getInt(2052);
        for (byte b : bytes) {
            page.put(prod++ & 1023, b);
        }
        page.putInt(2052, prod);
    }

    private byte[] take(int length) {
        int cons = page.getInt(2056);
        assertThat(page.getInt(2060) - cons).isGreaterThanOrEqualTo(length);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = page.get(1024 + (cons++ & 1023));
        }
        page.putInt(2056, cons);
        return bytes;
    }

    private String reply() {
        ByteBuffer header = ByteBuffer.wrap(take(16)).order(ByteOrder.LITTLE_ENDIAN);
        String text = new String(take(header.getInt(12)), StandardCharsets.ISO_8859_1);
        return header.getInt(0) + ":" + header.getInt(4) + ":" + text;
    }

    @Test
    void requestsAreAnsweredAlsoAroundTheEndOfTheRing() {
        put(new Message(Message.READ, 5, 0, Message.terminated("domid")).bytes());
        domain.send(PORT);
        assertThat(reply()).isEqualTo("2:5:1");
        assertThat(domain.notifications).isEqualTo(1);
        put(new Message(Message.READ, 6, 0, Message.terminated("nothing")).bytes());
        put(new Message(Message.READ, 7, 0, Message.terminated("domid")).bytes());
        domain.send(PORT);
        assertThat(reply()).isEqualTo("16:6:ENOENT\0");
        assertThat(reply()).isEqualTo("2:7:1");
    }

    @Test
    void aMessageMayComeInPieces() {
        byte[] bytes = new Message(Message.READ, 5, 0, Message.terminated("domid")).bytes();
        for (byte b : bytes) {
            put(new byte[] {b});
            domain.send(PORT);
        }
        assertThat(reply()).isEqualTo("2:5:1");
    }

    @Test
    void longAnswersWaitForRoom() {
        String value = "v".repeat(1900);
        byte[] payload = ("data\0" + value).getBytes(StandardCharsets.ISO_8859_1);
        byte[] bytes = new Message(Message.WRITE, 1, 0, payload).bytes();
        put(java.util.Arrays.copyOf(bytes, 1000));
        domain.send(PORT);
        put(java.util.Arrays.copyOfRange(bytes, 1000, bytes.length));
        domain.send(PORT);
        assertThat(reply()).isEqualTo("11:1:OK\0");
        put(new Message(Message.READ, 2, 0, Message.terminated("data")).bytes());
        domain.send(PORT);
        StringBuilder text = new StringBuilder();
        text.append(new String(take(1024), StandardCharsets.ISO_8859_1));
        domain.send(PORT);
        text.append(new String(take(16 + 1900 - 1024), StandardCharsets.ISO_8859_1));
        assertThat(text.substring(16)).isEqualTo(value);
    }

    @Test
    void impossibleLengthsAndIndicesEndTheConnection() {
        ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
        header.putInt(0, Message.READ).putInt(12, 5000);
        put(header.array());
        domain.send(PORT);
        put(new Message(Message.READ, 5, 0, Message.terminated("domid")).bytes());
        domain.send(PORT);
        assertThat(page.getInt(2060)).isEqualTo(-20);
    }
}
