package xenolith.bench;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;

/** This machine's end of what {@code bench/guest/network/network.c} measures. */
final class StreamServer implements AutoCloseable {
    private static final int CHUNK = 65536;

    private final ServerSocket socket;
    private final byte[] pattern = new byte[2 * CHUNK];

    /** Listens on a free port of the loopback interface. */
    StreamServer() throws IOException {
        for (int i = 0; i < pattern.length; i++) {
            int k = i % CHUNK;
            pattern[i] = (byte) (k * 31 + k / 256);
        }
        socket = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().name("stream server").start(this::listen);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void listen() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            client.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(client.getInputStream());
            OutputStream out = client.getOutputStream();
            int what = in.read();
            long amount = Long.reverseBytes(in.readLong());
            switch (what) {
                case 'e' -> echo(in, out, amount);
                case 's' -> receive(in, out, amount);
                case 'r' -> send(out, amount);
                default -> throw new IOException("request " + what);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void echo(InputStream in, OutputStream out, long rounds) throws IOException {
        for (long i = 0; i < rounds; i++) {
            out.write(in.read());
        }
    }

    private void receive(InputStream in, OutputStream out, long bytes) throws IOException {
        byte[] chunk = new byte[CHUNK];
        for (long at = 0; at < bytes; ) {
            int n = in.read(chunk, 0, (int) Math.min(CHUNK, bytes - at));
            int phase = (int) (at % CHUNK);
            if (n < 0 || !Arrays.equals(chunk, 0, n, pattern, phase, phase + n)) {
                throw new IOException("wrong bytes near " + at);
            }
            at += n;
        }
        out.write('!');
    }

    private void send(OutputStream out, long bytes) throws IOException {
        for (long at = 0; at < bytes; at += CHUNK) {
            out.write(pattern, 0, (int) Math.min(CHUNK, bytes - at));
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
