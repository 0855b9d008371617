package xenolith.toolstack.xenstore;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The messages to a client in their order, until it has fetched them. */
final class Outbox {
    /** How long a domain may leave an event: 20 s, as xenstored's {@code --timeout}. */
    static final long EVENT_NANOS = 20_000_000_000L;

    private static final long NEVER = Long.MAX_VALUE;

    private record Item(
            byte[] bytes, @Nullable String event, long expires, @Nullable Outstanding cause) {}

    private final Deque<Item> items = new ArrayDeque<>();
    private final Set<String> events = new HashSet<>();
    private final Domains domains;
    private final Caller caller;
    private boolean begun;
    private long bytes;
    private long earliest = NEVER;

    Outbox(Domains domains, Caller caller) {
        this.domains = domains;
        this.caller = caller;
    }

    boolean isEmpty() {
        return items.isEmpty();
    }

    /** Bytes that wait. */
    long bytes() {
        return bytes;
    }

    /** Adds the reply to {@code cause}. */
    void reply(Message message, @Nullable Outstanding cause) {
        add(new Item(message.bytes(), null, NEVER, cause));
    }

    /**
     * Adds an event, unless the same is waiting already or the domain uses too much memory.
     *
     * @param now in nanoseconds
     */
    void event(String path, String token, long now, @Nullable Outstanding cause) {
        byte[] words = Message.terminated(path, token);
        String event = path + "\0" + token;
        if (words.length > Message.MOST_PAYLOAD
                || !path.startsWith("@") && events.contains(event)
                || domains.exceeds(caller.domid(), words.length + Message.HEADER)) {
            return;
        }
        byte[] bytes = new Message(Message.WATCH_EVENT, 0, 0, words).bytes();
        long expires = caller.privileged() ? NEVER : now + EVENT_NANOS;
        earliest = Math.min(earliest, expires);
        events.add(event);
        add(new Item(bytes, event, expires, cause));
    }

    private void add(Item item) {
        if (item.cause != null) {
            item.cause.add();
        }
        domains.charge(caller.domid(), item.bytes.length);
        items.add(item);
        bytes += item.bytes.length;
    }

    /** The oldest message, to be sent from now on; null if there is none. */
    byte @Nullable [] first() {
        Item item = items.peek();
        begun = item != null;
        return item == null ? null : item.bytes;
    }

    /** {@link #first} was sent. */
    void sent() {
        Item item = items.remove();
        begun = false;
        dropped(item);
    }

    private void dropped(Item item) {
        bytes -= item.bytes.length;
        if (item.event != null) {
            events.remove(item.event);
        }
        domains.charge(caller.domid(), -item.bytes.length);
        if (item.cause != null) {
            item.cause.release();
        }
    }

    /** Forgets events that were left for too long, but not one whose sending has begun. */
    void expire(long now) {
        if (now < earliest) {
            return;
        }
        earliest = NEVER;
        Iterator<Item> all = items.iterator();
        if (begun) {
            all.next();
        }
        while (all.hasNext()) {
            Item item = all.next();
            if (item.expires <= now) {
                all.remove();
                dropped(item);
            } else {
                earliest = Math.min(earliest, item.expires);
            }
        }
    }

    /** Forgets all. */
    void clear() {
        while (!items.isEmpty()) {
            sent();
        }
    }
}
