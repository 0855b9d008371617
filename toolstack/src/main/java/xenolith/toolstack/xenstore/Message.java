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

    /** For the log: type, transaction, and the payload with bars for NULs. */
    @Override
    public String toString() {
        return "request "
                + type
                + " in transaction "
                + Integer.toUnsignedString(transactionId)
                + ": "
                + new String(payload, StandardCharsets.ISO_8859_1).replaceAll("[^ -~]", "|");
    }

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

    /** The payload's strings that end in a NUL; what comes after the last NUL is not among them. */
    List<String> strings() {
        List<String> words = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < payload.length; i++) {
            if (payload[i] == 0) {
                words.add(new String(payload, start, i - start, StandardCharsets.ISO_8859_1));
                start = i + 1;
            }
        }
        return words;
    }

    /** The only string of a payload that has exactly one NUL, at its end. */
    String string() throws XenstoreError {
        List<String> words = strings();
        if (words.size() != 1 || payload[payload.length - 1] != 0) {
            throw new XenstoreError(Code.EINVAL);
        }
        return words.get(0);
    }

    /** The number at the start of {@code text} as C's atoi reads it: 0 if there is none. */
    static int number(String text) {
        String digits = text.strip();
        boolean negative = digits.startsWith("-");
        int at = negative || digits.startsWith("+") ? 1 : 0;
        long value = 0;
        for (; at < digits.length() && Character.isDigit(digits.charAt(at)); at++) {
            value = Math.min(value * 10 + digits.charAt(at) - '0', Integer.MAX_VALUE);
        }
        return (int) (negative ? -value : value);
    }
}
