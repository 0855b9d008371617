package xenolith.toolstack.net;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * A learning bridge, as Linux' is one without spanning tree: it learns behind which port an address
 * is, sends what is for it there only, and floods what is for a group or for nobody it knows. On
 * the host's thread.
 */
public final class Bridge {
    /** How long an address is remembered without a frame from it: five minutes, as on Linux. */
    static final long AGEING_NANOS = 300_000_000_000L;

    /**
     * Addresses remembered for one port: a guest that makes up sources fills its own share only.
     */
    static final int MOST_ADDRESSES = 1024;

    private final String name;
    private final LongSupplier clock;
    private final List<Port> ports = new ArrayList<>();
    private final Map<MacAddress, Place> table = new HashMap<>();
    private final Map<Port, Integer> learned = new HashMap<>();

    private static final class Place {
        private Port port;
        private long seen;

        Place(Port port, long seen) {
            this.port = port;
            this.seen = seen;
        }
    }

    /**
     * A bridge without ports.
     *
     * @param clock time in nanoseconds, for the age of addresses
     */
    public Bridge(String name, LongSupplier clock) {
        this.name = name;
        this.clock = clock;
    }

    /** The name, such as xenbr0. */
    public String name() {
        return name;
    }

    /** The ports, in the order of their coming. */
    public List<Port> ports() {
        return List.copyOf(ports);
    }

    /** The port of that name. */
    public Optional<Port> port(String portName) {
        return ports.stream().filter(p -> p.name().equals(portName)).findFirst();
    }

    /** Takes {@code port} in, which is new here. */
    public void add(Port port) {
        if (port.bridge().isPresent() || port(port.name()).isPresent()) {
            throw new IllegalStateException(port.name() + " is a port already");
        }
        ports.add(port);
        port.join(this);
    }

    /** Lets {@code port} go and forgets what is behind it. */
    public void remove(Port port) {
        ports.remove(port);
        learned.remove(port);
        table.values().removeIf(p -> p.port.equals(port));
        port.join(null);
    }

    /** An address that the bridge knows, and how long ago it last sent something. */
    public record Station(MacAddress mac, String port, long ageNanos) {}

    /** All addresses known. */
    public List<Station> stations() {
        long now = clock.getAsLong();
        expire(now);
        return table.entrySet().stream()
                .map(e ->
                        new Station(e.getKey(), e.getValue().port.name(), now - e.getValue().seen))
                .toList();
    }

    /** Sends on what came in by {@code from}. */
    void forward(Port from, Frame frame) {
        long now = clock.getAsLong();
        learn(from, frame.source(), now);
        MacAddress destination = frame.destination();
        if (!destination.group()) {
            Place place = table.get(destination);
            if (place != null && now - place.seen < AGEING_NANOS) {
                if (!place.port.equals(from)) {
                    place.port.send(frame);
                }
                return;
            }
        }
        for (int i = 0; i < ports.size(); i++) {
            Port port = ports.get(i);
            if (!port.equals(from) && port.wants(frame)) {
                port.send(frame);
            }
        }
    }

    private void learn(Port from, MacAddress source, long now) {
        Place place = table.get(source);
        if (place != null) {
            if (!place.port.equals(from)) {
                count(place.port, -1);
                count(from, 1);
                place.port = from;
            }
            place.seen = now;
            return;
        }
        if (learned.getOrDefault(from, 0) >= MOST_ADDRESSES) {
            expire(now);
            if (learned.getOrDefault(from, 0) >= MOST_ADDRESSES) {
                return;
            }
        }
        table.put(source, new Place(from, now));
        count(from, 1);
    }

    private void count(Port port, int more) {
        learned.merge(port, more, Integer::sum);
    }

    private void expire(long now) {
        for (Iterator<Place> i = table.values().iterator(); i.hasNext(); ) {
            Place place = i.next();
            if (now - place.seen >= AGEING_NANOS) {
                i.remove();
                count(place.port, -1);
            }
        }
    }
}
