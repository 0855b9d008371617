package xenolith.toolstack.socket;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/** Where a host's control socket is. */
public final class SocketPath {
    /** The variable that names it. */
    public static final String VARIABLE = "XENOLITH_SOCKET";

    /** Longest path of a Unix socket, in bytes (sun_path of Linux, with its terminating zero). */
    private static final int MOST = 107;

    private SocketPath() {}

    /** By the environment: {@link #VARIABLE}, or a file in the user's folder for such things. */
    public static Path of(Map<String, String> environment) {
        String named = environment.get(VARIABLE);
        if (named != null && !named.isEmpty()) {
            return Path.of(named);
        }
        String runtime = environment.get("XDG_RUNTIME_DIR");
        Path folder =
                runtime != null && !runtime.isEmpty()
                        ? Path.of(runtime)
                        : Path.of(
                                System.getProperty("java.io.tmpdir"),
                                "xenolith-" + System.getProperty("user.name"));
        return folder.resolve("xenolith").resolve("host.sock");
    }

    /**
     * Makes the folder of {@code socket}, for its user only, and takes away a socket that a killed
     * host left.
     *
     * @throws ToolException if a host listens there, or something else is in the way
     */
    static void prepare(Path socket) throws ToolException {
        if (socket.toAbsolutePath()
                        .toString()
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8)
                        .length
                > MOST) {
            throw new ToolException(
                    "The path of the socket, " + socket + ", is longer than " + MOST + " bytes.");
        }
        try {
            makeFolder(socket.toAbsolutePath().getParent());
            if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
                return;
            }
            if (answers(socket)) {
                throw new ToolException(
                        "A host is running already at "
                                + socket
                                + "; end it by 'xenolith host --stop', or name another by"
                                + " --socket.");
            }
            if (Files.isRegularFile(socket, LinkOption.NOFOLLOW_LINKS)
                    || Files.isDirectory(socket, LinkOption.NOFOLLOW_LINKS)) {
                throw new ToolException(socket + " is there and is not a socket.");
            }
            Files.delete(socket);
        } catch (IOException e) {
            throw new ToolException(
                    "The socket " + socket + " cannot be made: " + e.getMessage() + ".", e);
        }
    }

    private static void makeFolder(@Nullable Path folder) throws IOException {
        if (folder == null || Files.isDirectory(folder)) {
            return;
        }
        Files.createDirectories(
                folder,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }

    /** Whether somebody listens at {@code socket}. */
    static boolean answers(Path socket) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(socket));
        } catch (IOException e) {
            return false;
        }
    }
}
