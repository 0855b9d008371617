package xenolith.toolstack.xenstore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * A message of the wire protocol (public/io/xs_wire.h): a header of four little-endian 32-bit words
 * (type, request id, transaction id, length) and at most 4096 bytes.
 */
record Message(int type, int requestId, int transactionId, byte[] payload) {
    static final int HEADER = 16;
    static final int MOST_PAYLOAD = 4096;

    static final int CONTROL = 0;
    static final int DIRECTORY = 1;
    static final int READ = 2;
    static final int GET_PERMS = 3;
    static final int WATCH = 4;
    static final int UNWATCH = 5;
    static final int TRANSACTION_START = 6;
    static final int TRANSACTION_END = 7;
    static final int INTRODUCE = 8;
    static final int RELEASE = 9;
    static final int GET_DOMAIN_PATH = 10;
    static final int WRITE = 11;
    static final int MKDIR = 12;
    static final int RM = 13;
    static final int SET_PERMS = 14;
    static final int WATCH_EVENT = 15;
    static final int ERROR = 16;
    static final int IS_DOMAIN_INTRODUCED = 17;
    static final int RESUME = 18;
    static final int SET_TARGET = 19;
    static final int RESET_WATCHES = 21;
    static final int DIRECTORY_PART = 22;

    byte[] bytes() {
        return ByteBuffer.allocate(HEADER + payload.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(requestId)
                .putInt(transactionId)
                .putInt(payload.length)
                .put(payload)
                .array();
    }

    Message reply(byte[] answer) {
        return new Message(type, requestId, transactionId, answer);
    }

    Message error(Code code) {
        return new Message(ERROR, requestId, transactionId, terminated(code.name()));
    }

    static byte[] terminated(String... words) {
        return (String.join("\0", words) + "\0").getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The payload's strings, each of which must end in a NUL. */
    List<String> strings() throws XenstoreError {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < payload.length; i++) {
            if (payload[i] == 0) {
                words.add(new String(payload, start, i - start, StandardCharsets.ISO_8859_1));
                start = i + 1;
            }
        }
        if (start != payload.length) {
            throw new XenstoreError(Code.EINVAL);
        }
        return words;
    }

    /** The only string, or the first of those that a request has beyond need. */
    String string() throws XenstoreError {
        List<String> words = strings();
        if (words.isEmpty()) {
            throw new XenstoreError(Code.EINVAL);
        }
        return words.get(0);
    }
}
