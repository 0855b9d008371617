package xenolith.toolstack.xenstore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Bytes of a client that become messages; at most one message is kept. */
final class Incoming {
    private static final int LENGTH = 12;

    private final ByteBuffer bytes =
            ByteBuffer.allocate(Message.HEADER + Message.MOST_PAYLOAD)
                    .order(ByteOrder.LITTLE_ENDIAN);

    /**
     * Where the next bytes go: the array and {@link #position}, at most {@link #wanted} of them.
     */
    byte[] array() {
        return bytes.array();
    }

    int position() {
        return bytes.position();
    }

    /** How many bytes are missing at least; 0 if a message is whole. */
    int wanted() {
        int size = Message.HEADER;
        if (bytes.position() >= size) {
            size += bytes.getInt(LENGTH);
        }
        return size - bytes.position();
    }

    /** {@code n} bytes were put. */
    void advance(int n) {
        bytes.position(bytes.position() + n);
    }

    /** Whether the client announced more than a message can have. */
    boolean isTooLong() {
        return bytes.position() >= Message.HEADER
                && Integer.compareUnsigned(bytes.getInt(LENGTH), Message.MOST_PAYLOAD) > 0;
    }

    /** The message, if it is whole; then the next one can come. */
    @Nullable Message take() {
        if (bytes.position() < Message.HEADER || wanted() > 0) {
            return null;
        }
        byte[] payload = new byte[bytes.getInt(LENGTH)];
        bytes.get(Message.HEADER, payload);
        Message message = new Message(bytes.getInt(0), bytes.getInt(4), bytes.getInt(8), payload);
        bytes.clear();
        return message;
    }
}
