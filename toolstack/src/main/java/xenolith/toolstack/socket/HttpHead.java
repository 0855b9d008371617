package xenolith.toolstack.socket;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The head of an answer (RFC 9112), as far as a client needs it that asks one host one thing.
 *
 * @param length of the body in bytes, or -1 if that is not said
 * @param chunked whether the body comes in chunks
 */
record HttpHead(int status, long length, boolean chunked) {
    private static final int MOST = 1 << 16;

    static HttpHead read(InputStream in) throws IOException {
        String line = line(in);
        if (!line.matches("HTTP/1\\.1 \\d{3}.*")) {
            throw new IOException("it does not speak HTTP");
        }
        int status = Integer.parseInt(line.substring(9, 12));
        long length = -1;
        boolean chunked = false;
        for (String next = line(in); !next.isEmpty(); next = line(in)) {
            String lower = next.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                length = Long.parseLong(lower.substring(15).trim());
            } else if (lower.startsWith("transfer-encoding:")) {
                chunked = lower.contains("chunked");
            }
        }
        return new HttpHead(status, length, chunked);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder s = new StringBuilder();
        for (int b; (b = in.read()) != '\n'; ) {
            if (b < 0 || s.length() > MOST) {
                throw new EOFException("it ends within the head of an answer");
            }
            if (b != '\r') {
                s.append((char) b);
            }
        }
        return s.toString();
    }

    /** The body behind this head in {@code in}. */
    InputStream body(InputStream in) {
        if (chunked) {
            return new Chunks(in);
        }
        return length < 0 ? in : new Chunks(in, length);
    }

    /** A body of known parts. */
    private static final class Chunks extends InputStream {
        private final InputStream in;
        private final boolean chunked;
        private long left;
        private boolean ended;
        private boolean first = true;

        Chunks(InputStream in) {
            this.in = in;
            this.chunked = true;
        }

        Chunks(InputStream in, long length) {
            this.in = in;
            this.chunked = false;
            this.left = length;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] dst, int at, int length) throws IOException {
            if (left == 0 && !nextChunk()) {
                return -1;
            }
            int n = in.read(dst, at, (int) Math.min(length, left));
            if (n < 0) {
                throw new EOFException("it ends within an answer");
            }
            left -= n;
            return n;
        }

        private boolean nextChunk() throws IOException {
            if (!chunked || ended) {
                return false;
            }
            if (!first) {
                line(in);
            }
            first = false;
            String size = line(in).split(";", 2)[0].trim();
            left = Long.parseLong(size, 16);
            ended = left == 0;
            return !ended;
        }

        @Override
        public int available() throws IOException {
            return (int) Math.min(left, in.available());
        }
    }

    /** For tests: a head as text. */
    static HttpHead parse(String text) throws IOException {
        return read(new java.io.ByteArrayInputStream(text.getBytes(StandardCharsets.ISO_8859_1)));
    }
}
