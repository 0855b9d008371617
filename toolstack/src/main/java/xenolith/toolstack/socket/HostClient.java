package xenolith.toolstack.socket;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.URLEncoder;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/**
 * A command's end of the control socket. Each request has a connection of its own, so that a
 * command starts quickly and needs no HTTP library.
 */
public final class HostClient {
    private final Path socket;

    /** A client of the host at {@code socket}, which need not be there yet. */
    public HostClient(Path socket) {
        this.socket = socket;
    }

    /** Where the host is. */
    public Path socket() {
        return socket;
    }

    /** Whether a host answers. */
    public boolean alive() {
        return SocketPath.answers(socket);
    }

    /** {@code part} of a path, encoded. */
    public static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** {@code value} as JSON for people. */
    public static String pretty(Object value) {
        try {
            return JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(value);
        } catch (IOException e) {
            throw new IllegalStateException("JSON in memory failed", e);
        }
    }

    /** The document that {@code method} of {@code path} answers. */
    public Map<String, Object> call(String method, String path, @Nullable Map<String, Object> body)
            throws ToolException {
        try {
            String text = body == null ? "" : JSON.std.asString(body);
            return JSON.std.mapFrom(text(method, path, text));
        } catch (IOException e) {
            throw gone(e);
        }
    }

    /** The text that {@code method} of {@code path} answers. */
    public String text(String method, String path, String body) throws ToolException {
        try (Reply reply = request(method, path, body.getBytes(StandardCharsets.UTF_8))) {
            return new String(reply.body().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw gone(e);
        }
    }

    /** What is printed on the console of domain {@code name}, until it is gone or closed. */
    public Reply console(String name, boolean onlyNew) throws ToolException {
        String path = "/v1/domains/" + encode(name) + "/console" + (onlyNew ? "?new=true" : "");
        return request("GET", path, new byte[0]);
    }

    /** Types {@code bytes} for domain {@code name}. */
    public void type(String name, byte[] bytes) throws ToolException {
        request("POST", "/v1/domains/" + encode(name) + "/console", bytes).close();
    }

    private ToolException gone(IOException e) {
        return new ToolException("The host at " + socket + " went away: " + e.getMessage(), e);
    }

    /** The body of an answer, whose status was good. */
    public record Reply(InputStream body, SocketChannel channel) implements AutoCloseable {
        /** Ends it while another thread reads. */
        public void hangUp() {
            close();
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                return; // it is closed, then
            }
        }
    }

    private Reply request(String method, String path, byte[] body) throws ToolException {
        SocketChannel channel = connect();
        boolean good = false;
        try {
            String head =
                    method
                            + " "
                            + path
                            + " HTTP/1.1\r\nHost: xenolith\r\nConnection: close\r\n"
                            + "Content-Type: application/json\r\nContent-Length: "
                            + body.length
                            + "\r\n\r\n";
            send(channel, head.getBytes(StandardCharsets.UTF_8), body);
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 1 << 14);
            HttpHead answer = HttpHead.read(in);
            InputStream content = answer.body(in);
            if (answer.status() >= 400) {
                throw refused(content);
            }
            good = true;
            return new Reply(content, channel);
        } catch (IOException e) {
            throw gone(e);
        } finally {
            if (!good) {
                new Reply(InputStream.nullInputStream(), channel).close();
            }
        }
    }

    /** Sends head and body as one: the host may answer and close before it has read a body. */
    private static void send(SocketChannel channel, byte[] head, byte[] body) {
        ByteBuffer all = ByteBuffer.allocate(head.length + body.length).put(head).put(body).flip();
        try {
            while (all.hasRemaining()) {
                channel.write(all);
            }
        } catch (IOException e) {
            return; // its answer, if there is one, says more than this
        }
    }

    private static ToolException refused(InputStream content) throws IOException {
        String text = new String(content.readAllBytes(), StandardCharsets.UTF_8);
        try {
            return new ToolException(String.valueOf(JSON.std.mapFrom(text).get("error")));
        } catch (IOException e) {
            return new ToolException("The host refuses the request: " + text, e);
        }
    }

    private SocketChannel connect() throws ToolException {
        try {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                channel.connect(UnixDomainSocketAddress.of(socket));
                return channel;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ToolException(
                    "No host is running at "
                            + socket
                            + "; start one by 'xenolith host --daemon', or name its socket by"
                            + " --socket or "
                            + SocketPath.VARIABLE
                            + ".",
                    e);
        }
    }
}
