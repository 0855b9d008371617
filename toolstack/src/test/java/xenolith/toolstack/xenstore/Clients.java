package xenolith.toolstack.xenstore;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Clients of a store without rings: requests and what comes back as text. */
final class Clients {
    private Clients() {}

    /** The next message to the client of {@code c}, or null. */
    static @Nullable Message fetch(Connection c) {
        byte[] bytes = c.outbox().first();
        if (bytes == null) {
            return null;
        }
        c.outbox().sent();
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] payload = new byte[b.getInt(12)];
        b.get(Message.HEADER, payload);
        return new Message(b.getInt(0), b.getInt(4), b.getInt(8), payload);
    }

    /** A payload as text: NULs as bars. */
    static String text(Message m) {
        return new String(m.payload(), StandardCharsets.ISO_8859_1).replace('\0', '|');
    }

    /** Sends the request and answers all that came: replies, "error X" and "event path|token|". */
    static List<String> ask(Connection c, int type, int tx, String payload) {
        c.serve(new Message(type, 42, tx, payload.getBytes(StandardCharsets.ISO_8859_1)));
        return all(c);
    }

    /** All that waits for the client of {@code c}. */
    static List<String> all(Connection c) {
        List<String> all = new ArrayList<>();
        for (Message m; (m = fetch(c)) != null; ) {
            all.add(
                    switch (m.type()) {
                        case Message.ERROR -> "error " + text(m).replace("|", "");
                        case Message.WATCH_EVENT -> "event " + text(m);
                        default -> text(m);
                    });
        }
        return all;
    }
}
