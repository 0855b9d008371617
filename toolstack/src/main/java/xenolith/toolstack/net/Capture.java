package xenolith.toolstack.net;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/**
 * A file of what passes a port, in the pcap format with nanoseconds (draft-ietf-opsawg-pcap), for
 * tshark and its like. Frames are written as they would go over a wire: checksums filled in, large
 * packets cut.
 */
public final class Capture {
    private static final int MAGIC_NANOSECONDS = 0xa1b23c4d;
    private static final int LINK_ETHERNET = 1;
    private static final int SNAP_LENGTH = 1 << 18;
    private static final int MOST_WAITING = 8192;

    private final Path file;
    private final OutputStream out;
    private final Supplier<Instant> clock;
    private final Handover<byte[]> queue;
    private volatile @Nullable IOException error;
    private long lost;

    private Capture(
            Path file, OutputStream out, Supplier<Instant> clock, Executor executor, int most) {
        this.file = file;
        this.out = out;
        this.clock = clock;
        this.queue = new Handover<>(most, executor, this::write, this::flush);
    }

    /**
     * Begins a file, in place of one that is there.
     *
     * @param executor writes it
     */
    public static Capture to(Path file, Supplier<Instant> clock, Executor executor)
            throws ToolException {
        OutputStream out;
        try {
            out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
            out.write(header());
            out.flush();
        } catch (IOException e) {
            throw new ToolException("The capture file " + file + " cannot be written: " + e, e);
        }
        return new Capture(file, out, clock, executor, MOST_WAITING);
    }

    private static byte[] header() {
        return ByteBuffer.allocate(24)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(MAGIC_NANOSECONDS)
                .putShort((short) 2)
                .putShort((short) 4)
                .putInt(0)
                .putInt(0)
                .putInt(SNAP_LENGTH)
                .putInt(LINK_ETHERNET)
                .array();
    }

    /** The file. */
    public Path file() {
        return file;
    }

    /** Frames that are missing in the file, because the disk was too slow or failed. */
    public long lost() {
        return lost;
    }

    /** Writes {@code frame} down with the time that it is now. */
    void record(Frame frame) {
        Instant now = clock.get();
        for (Frame whole : Completion.of(frame)) {
            byte[] bytes = whole.bytes();
            ByteBuffer entry =
                    ByteBuffer.allocate(16 + bytes.length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putInt((int) now.getEpochSecond())
                            .putInt(now.getNano())
                            .putInt(bytes.length)
                            .putInt(bytes.length)
                            .put(bytes);
            if (error != null || !queue.offer(entry.array())) {
                lost++;
            }
        }
    }

    private void write(byte[] entry) {
        try {
            out.write(entry);
        } catch (IOException e) {
            error = e;
        }
    }

    private void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            error = e;
        }
    }

    /** Ends the file, with all that was recorded in it. */
    void close() {
        queue.finish(this::closeFile);
    }

    private void closeFile() {
        try {
            out.close();
        } catch (IOException e) {
            error = e;
        }
    }
}
