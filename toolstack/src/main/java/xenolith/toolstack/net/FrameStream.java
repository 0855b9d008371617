package xenolith.toolstack.net;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;

/**
 * Ethernet frames over a stream socket: each behind its length in four bytes, big endian, as passt
 * and QEMU's stream netdev have them. One thread reads, one writes.
 */
final class FrameStream implements AutoCloseable {
    /** Bytes read at once. */
    private static final int CHUNK = 1 << 18;

    private static final int LENGTH = 4;

    /** Takes what was read. */
    @FunctionalInterface
    interface Taker {
        void take(Frame frame) throws InterruptedException;
    }

    private final SocketChannel socket;
    private final ByteBuffer length = ByteBuffer.allocateDirect(LENGTH);

    FrameStream(SocketChannel socket) {
        this.socket = socket;
    }

    /**
     * Gives all frames to {@code taker} until the other end, or {@link #close}, ends the stream.
     *
     * @throws IOException if the other end sends what is no frame
     */
    void read(Taker taker) throws IOException, InterruptedException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK);
        try {
            while (socket.read(buffer) >= 0) {
                buffer.flip();
                while (take(buffer, taker)) {
                    // the next one
                }
                buffer.compact();
            }
        } catch (AsynchronousCloseException e) {
            return;
        } catch (ClosedChannelException e) {
            return;
        }
        if (buffer.position() > 0) {
            throw new EOFException("the stream ended in the middle of a frame");
        }
    }

    private static boolean take(ByteBuffer buffer, Taker taker)
            throws IOException, InterruptedException {
        if (buffer.remaining() < LENGTH) {
            return false;
        }
        int n = buffer.getInt(buffer.position());
        if (n < 0 || n > Frame.MOST) {
            throw new IOException("a frame of " + Integer.toUnsignedString(n) + " bytes");
        }
        if (buffer.remaining() < LENGTH + n) {
            return false;
        }
        byte[] bytes = new byte[n];
        buffer.getInt();
        buffer.get(bytes);
        if (n >= Frame.HEADER) {
            taker.take(new Frame(bytes));
        }
        return true;
    }

    /** Writes one frame; nothing may be left undone in it. */
    void write(Frame frame) throws IOException {
        length.clear();
        length.putInt(0, frame.length());
        ByteBuffer[] parts = {length, ByteBuffer.wrap(frame.bytes())};
        while (parts[1].hasRemaining()) {
            socket.write(parts);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            // it is gone, which is what was wanted
        }
    }
}
