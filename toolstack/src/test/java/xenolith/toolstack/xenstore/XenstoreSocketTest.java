package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.ToolException;

/** The Unix socket, with clients that behave and clients that do not. */
@Timeout(60)
class XenstoreSocketTest {
    @TempDir Path folder;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final Store store =
            new Store(
                    new StoreHost() {
                        @Override
                        public void log(String line) {
                            log.add(line);
                        }
                    });
    private final ExecutorService host = Executors.newSingleThreadExecutor();
    private Path path;
    private XenstoreSocket socket;

    @BeforeEach
    void open() throws ToolException {
        path = folder.resolve("xenstored");
        socket = XenstoreSocket.open(path, store, host);
    }

    @AfterEach
    void close() {
        socket.close();
        host.shutdown();
    }

    private SocketChannel connect() throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    private static void send(SocketChannel c, int type, int tx, String payload) throws IOException {
        byte[] bytes = payload.getBytes(StandardCharsets.ISO_8859_1);
        c.write(ByteBuffer.wrap(new Message(type, 7, tx, bytes).bytes()));
    }

    private static String receive(SocketChannel c) throws IOException {
        ByteBuffer header = full(c, 16);
        String text = new String(full(c, header.getInt(12)).array(), StandardCharsets.ISO_8859_1);
        return header.getInt(0) + " " + text.replace('\0', '|');
    }

    private static ByteBuffer full(SocketChannel c, int length) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (b.hasRemaining()) {
            if (c.read(b) < 0) {
                throw new IOException("closed");
            }
        }
        return b;
    }

    private <T> T onHost(java.util.concurrent.Callable<T> work) throws Exception {
        Future<T> f = host.submit(work);
        return f.get();
    }

    @Test
    void isPrivate() throws IOException {
        assertThat(Files.getPosixFilePermissions(path)).hasSize(2);
    }

    @Test
    void clientsSeeEachOthersChanges() throws Exception {
        try (SocketChannel a = connect();
                SocketChannel b = connect()) {
            send(a, Message.WATCH, 0, "/x\0t\0");
            assertThat(receive(a)).isEqualTo("4 OK|");
            assertThat(receive(a)).isEqualTo("15 /x|t|");
            send(b, Message.WRITE, 0, "/x/y\0hello");
            assertThat(receive(b)).isEqualTo("11 OK|");
            assertThat(receive(a)).isEqualTo("15 /x/y|t|");
            send(a, Message.READ, 0, "/x/y\0");
            assertThat(receive(a)).isEqualTo("2 hello");
            onHost(() -> {
                store.write("/x/z", "1");
                return 0;
            });
            assertThat(receive(a)).isEqualTo("15 /x/z|t|");
        }
    }

    @Test
    void aClientThatDiesInATransactionLeavesNothing() throws Exception {
        try (SocketChannel a = connect()) {
            send(a, Message.TRANSACTION_START, 0, "\0");
            assertThat(receive(a)).isEqualTo("6 1|");
            send(a, Message.WRITE, 1, "/half\0x");
            assertThat(receive(a)).isEqualTo("11 OK|");
            a.write(ByteBuffer.wrap(new byte[] {2, 0, 0}));
        }
        try (SocketChannel b = connect()) {
            send(b, Message.READ, 0, "/half\0");
            assertThat(receive(b)).isEqualTo("16 ENOENT|");
        }
        assertThat(onHost(store::check)).isEmpty();
    }

    @Test
    void aMessageThatIsTooLongEndsTheConnection() throws Exception {
        try (SocketChannel a = connect();
                SocketChannel b = connect()) {
            ByteBuffer header = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
            a.write(header.putInt(2).putInt(0).putInt(0).putInt(4097).flip());
            assertThatThrownBy(() -> receive(a)).isInstanceOf(IOException.class);
            send(b, Message.READ, 0, "/tool/xenstored\0");
            assertThat(receive(b)).isEqualTo("2 ");
            assertThat(onHost(() -> log.toString())).contains("more than 4096 bytes");
        }
    }

    @Test
    void messagesMayComeInPiecesAndTogether() throws Exception {
        byte[] one = new Message(Message.READ, 7, 0, Message.terminated("/tool")).bytes();
        try (SocketChannel a = connect()) {
            for (byte b : one) {
                a.write(ByteBuffer.wrap(new byte[] {b}));
            }
            ByteBuffer three = ByteBuffer.allocate(3 * one.length);
            a.write(three.put(one).put(one).put(one).flip());
            for (int i = 0; i < 4; i++) {
                assertThat(receive(a)).isEqualTo("2 ");
            }
        }
    }

    @Test
    void aClientThatFetchesNothingIsLeftAlone() throws Exception {
        try (SocketChannel a = connect();
                SocketChannel b = connect()) {
            send(a, Message.WATCH, 0, "/\0" + "t".repeat(3000) + "\0");
            receive(a);
            onHost(() -> {
                for (int i = 0; i < 8000; i++) {
                    store.write("/n" + i, "");
                }
                return 0;
            });
            send(b, Message.READ, 0, "/n7\0");
            assertThat(receive(b)).isEqualTo("2 ");
            assertThat(onHost(() -> log.toString())).contains("fetches nothing");
        }
    }

    @Test
    void whatAKilledHostLeftIsReplaced() throws Exception {
        assertThatThrownBy(() -> XenstoreSocket.open(path, store, host))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("in use by another host");
        Path left = folder.resolve("left");
        try (java.nio.channels.ServerSocketChannel s =
                java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            s.bind(UnixDomainSocketAddress.of(left));
        }
        XenstoreSocket.open(left, store, host).close();
        assertThat(left).doesNotExist();
        Path file = Files.writeString(folder.resolve("file"), "precious");
        assertThatThrownBy(() -> XenstoreSocket.open(file, store, host))
                .isInstanceOf(ToolException.class)
                .hasMessageContaining("a file of that name");
        assertThat(file).hasContent("precious");
        assertThatThrownBy(() -> XenstoreSocket.open(folder.resolve("no/where"), store, host))
                .isInstanceOf(ToolException.class);
    }
}
