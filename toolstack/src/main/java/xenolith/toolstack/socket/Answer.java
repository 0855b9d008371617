package xenolith.toolstack.socket;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;

/** What a request is answered with. */
sealed interface Answer {
    /** A document. */
    record Document(int status, Object json) implements Answer {
        String text() {
            try {
                return JSON.std.asString(json);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Text of some media type. */
    record Text(String type, String text) implements Answer {}

    /** The console of a domain, as long as the client stays. */
    record Follow(xenolith.toolstack.xl.DomainConsole console, boolean fromStart)
            implements Answer {}

    /** 200 with {@code json}. */
    static Answer ok(Object json) {
        return new Document(200, json);
    }

    /** 200 with an empty object. */
    static Answer done() {
        return ok(Map.of());
    }

    /** A mistake of the client's, in one sentence. */
    static Answer error(int status, String sentence) {
        return new Document(status, Map.of("error", sentence));
    }
}
