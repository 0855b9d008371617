package xenolith.toolstack.xenstore;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import xenolith.toolstack.ToolException;

/**
 * The store's Unix socket, which libxenstore and Debian's {@code xenstore-*} tools open when {@code
 * XENSTORED_PATH} names it. Who may open it is domain 0: only the user who made it, by the file's
 * permissions. Bytes are moved by threads of their own; the store is touched on the host's thread.
 */
public final class XenstoreSocket implements AutoCloseable {
    private static final Duration TICK = Duration.ofSeconds(1);

    private final Path path;
    private final ServerSocketChannel server;
    private final Store store;
    private final Executor host;
    private final Set<SocketClient> clients = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    private XenstoreSocket(Path path, ServerSocketChannel server, Store store, Executor host) {
        this.path = path;
        this.server = server;
        this.store = store;
        this.host = host;
    }

    /**
     * Serves {@code store} at {@code path}, whose folder must exist.
     *
     * @param host runs tasks on the host's thread, one after another
     * @throws ToolException if the socket cannot be there, with the reason
     */
    public static XenstoreSocket open(Path path, Store store, Executor host) throws ToolException {
        try {
            makeRoom(path);
            XenstoreSocket socket = new XenstoreSocket(path, bind(path), store, host);
            Thread.ofVirtual().name("xenstore socket").start(socket::accept);
            Thread.ofVirtual().name("xenstore clock").start(socket::tick);
            return socket;
        } catch (IOException | IllegalArgumentException e) {
            throw new ToolException(
                    "The xenstore socket " + path + " cannot be opened: " + e.getMessage() + ".");
        }
    }

    /** Removes what a host left that was killed; refuses what is in use or no socket. */
    private static void makeRoom(Path path) throws IOException, ToolException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.readAttributes(
                        path,
                        java.nio.file.attribute.BasicFileAttributes.class,
                        LinkOption.NOFOLLOW_LINKS)
                .isOther()) {
            throw new ToolException(
                    "The xenstore socket "
                            + path
                            + " cannot be opened: there is a file of that name.");
        }
        if (answers(path)) {
            throw new ToolException("The xenstore socket " + path + " is in use by another host.");
        }
        Files.deleteIfExists(path);
    }

    private static boolean answers(Path path) {
        try {
            SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
            return true;
        } catch (IOException nobody) {
            return false;
        }
    }

    /** Binds under another name first, so that nobody else can open it before it is private. */
    private static ServerSocketChannel bind(Path path) throws IOException {
        Path before = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(before);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            server.bind(UnixDomainSocketAddress.of(before));
            Files.setPosixFilePermissions(before, PosixFilePermissions.fromString("rw-------"));
            Files.move(before, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            server.close();
            throw e;
        }
        return server;
    }

    private void accept() {
        while (!closed) {
            try {
                SocketClient client =
                        new SocketClient(server.accept(), store, host, clients::remove);
                clients.add(client);
                client.start();
            } catch (IOException e) {
                if (!closed) {
                    host.execute(() -> store.host().log("xenstore: " + path + ": " + e));
                }
                return;
            }
        }
    }

    private void tick() {
        while (!closed) {
            try {
                Thread.sleep(TICK);
            } catch (InterruptedException e) {
                return;
            }
            if (store.hasStalled()) {
                host.execute(store::expire);
            }
        }
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** Ends all connections and removes the socket. */
    @Override
    public void close() {
        closed = true;
        try {
            server.close();
            Files.deleteIfExists(path);
        } catch (IOException e) {
            host.execute(() -> store.host().log("xenstore: " + path + ": " + e));
        }
        clients.forEach(SocketClient::close);
    }
}
