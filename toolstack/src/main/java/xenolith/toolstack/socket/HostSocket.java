package xenolith.toolstack.socket;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CountDownLatch;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.thread.VirtualThreadPool;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.Host;

/**
 * A host's end of the control socket. Who may open the file may do everything. A file beside it is
 * locked while the host lives, so that two hosts cannot both take over a dead one's socket.
 */
public final class HostSocket implements AutoCloseable {
    private final Path path;
    private final Server server;
    private final FileChannel guard;
    private final CountDownLatch stop = new CountDownLatch(1);

    private HostSocket(Path path, Server server, FileChannel guard) {
        this.path = path;
        this.server = server;
        this.guard = guard;
    }

    /**
     * Serves {@code host} at {@code path}.
     *
     * @param bootLoader opens what domains boot from
     * @throws ToolException if the socket cannot be there, with the reason
     */
    public static HostSocket open(Path path, Host host, BootLoader bootLoader)
            throws ToolException {
        SocketPath.prepare(path);
        FileChannel guard = guard(path);
        // Without a logger beneath it, SLF4J would complain on standard error.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        VirtualThreadPool threads = new VirtualThreadPool();
        threads.setName("control");
        Server server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        http.setUriCompliance(UriCompliance.UNSAFE); // names of domains may have any letters
        UnixDomainServerConnector connector =
                new UnixDomainServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setUnixDomainPath(path);
        connector.setIdleTimeout(0); // a console may be silent for days
        server.addConnector(connector);
        server.setStopTimeout(0);
        HostSocket socket = new HostSocket(path, server, guard);
        server.setHandler(new Api(host, bootLoader, socket.stop::countDown));
        try {
            server.start();
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            return socket;
        } catch (Exception e) { // Jetty declares no less
            socket.close();
            throw new ToolException(
                    "The socket " + path + " cannot be served: " + e.getMessage() + ".", e);
        }
    }

    private static FileChannel guard(Path path) throws ToolException {
        Path file = path.resolveSibling(path.getFileName() + ".lock");
        try {
            FileChannel channel =
                    FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            FileLock lock = channel.tryLock();
            if (lock == null) {
                channel.close();
                throw new ToolException("Another host has the socket " + path + ".");
            }
            return channel;
        } catch (IOException | java.nio.channels.OverlappingFileLockException e) {
            throw new ToolException("Another host has the socket " + path + ".", e);
        }
    }

    /** Waits until a client asks for the host's end. */
    public void await() throws InterruptedException {
        stop.await();
    }

    @Override
    public void close() {
        try {
            server.stop();
            Files.deleteIfExists(path);
            Files.deleteIfExists(path.resolveSibling(path.getFileName() + ".lock"));
            guard.close();
        } catch (Exception e) {
            throw new IllegalStateException("the socket cannot be closed", e);
        }
    }
}
