package xenolith.toolstack.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import xenolith.toolstack.FakeDomain;
import xenolith.toolstack.config.DiskSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.config.Vdev;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.disk.Disk;
import xenolith.toolstack.disk.Disks;
import xenolith.toolstack.xenbus.DeviceAddress;
import xenolith.toolstack.xenbus.GuestRing;
import xenolith.toolstack.xenbus.XenbusState;
import xenolith.toolstack.xenstore.Store;

/** A guest's block front end, played by hand: its ring is in frame 100, its data where one says. */
final class BlockFrontend {
    static final DeviceAddress ADDRESS = new DeviceAddress("vbd", 1, 51712);
    static final int PORT = 9;

    final FakeDomain domain = new FakeDomain();
    final Store store = new Store();
    final List<String> log = new ArrayList<>();
    final BlockKind kind = new BlockKind(log::add);
    final boolean compat;
    DomainDevice device;
    DomainDevice.Attachment attachment;
    private GuestRing ring;
    private long lastId;

    /** Attaches the disk that {@code words} describe; workers are {@code workers}. */
    BlockFrontend(String words, boolean compat, Executor workers) throws Exception {
        this.compat = compat;
        device = kind.open(new Value.Text(new Position("test.cfg", 1, 0), words), List.of());
        DomainSite.Alarms never = (time, task) -> assertThat(time).isPositive();
        attachment = device.attach(new DomainSite(domain, "web", store, workers, never));
        ring = new GuestRing(domain, 100, 1, compat ? 108 : 112);
    }

    /** As the other one, of a disk that is not in a file; {@code buffers} may be shared. */
    BlockFrontend(Disk disk, Buffers buffers, Executor workers) {
        this.compat = false;
        DiskSpec spec =
                new DiskSpec(
                        "a disk",
                        Path.of("/disk"),
                        Disks.Format.RAW,
                        Vdev.of("xvda").orElseThrow(),
                        false,
                        false,
                        true,
                        false);
        BlockDevice made = new BlockDevice(spec, disk, buffers, log::add, gone -> {});
        device = made;
        DomainSite.Alarms never = (time, task) -> assertThat(time).isPositive();
        attachment = made.attach(new DomainSite(domain, "web", store, workers, never));
        ring = new GuestRing(domain, 100, 1, 112);
    }

    /** The front end of a new life. */
    void reset() {
        ring = new GuestRing(domain, 100, 1, compat ? 108 : 112);
    }

    /** Publishes the ring and connects. */
    void connect(boolean persistent) {
        write("protocol", compat ? "x86_32-abi" : "x86_64-abi");
        write("ring-ref", "100");
        write("event-channel", Integer.toString(PORT));
        write("feature-persistent", persistent ? "1" : "0");
        state(XenbusState.INITIALISED);
    }

    void write(String name, String value) {
        store.write(ADDRESS.frontend() + "/" + name, value);
    }

    void state(XenbusState state) {
        write("state", state.value());
    }

    XenbusState backendState() {
        return XenbusState.of(store.read(ADDRESS.backend() + "/state"));
    }

    ByteBuffer request(int operation, int count, long sector) {
        ByteBuffer b = ByteBuffer.allocate(compat ? 108 : 112).order(ByteOrder.LITTLE_ENDIAN);
        return b.put(0, (byte) operation)
                .put(1, (byte) count)
                .putLong(compat ? 4 : 8, ++lastId)
                .putLong(compat ? 12 : 16, sector);
    }

    /** Adds segment {@code i}: sectors {@code first} to {@code last} of page {@code ref}. */
    ByteBuffer segment(ByteBuffer request, int i, int ref, int first, int last) {
        int at = (compat ? 20 : 24) + 8 * i;
        return request.putInt(at, ref).put(at + 4, (byte) first).put(at + 5, (byte) last);
    }

    /** Puts a request and rings the bell. */
    void send(ByteBuffer request) {
        byte[] bytes = new byte[request.capacity()];
        request.get(0, bytes);
        ring.put(bytes);
        domain.send(PORT);
    }

    boolean answered() {
        return ring.answered();
    }

    GuestRing ring() {
        return ring;
    }

    /** The status of the next response, which must be to {@code request}. */
    int status(ByteBuffer request) {
        assertThat(ring.answered()).as("%s", log).isTrue();
        ByteBuffer response = ring.next(compat ? 12 : 16);
        assertThat(response.getLong(0)).isEqualTo(request.getLong(compat ? 4 : 8));
        int operation = request.get(0) == 6 ? request.get(1) : request.get(0);
        assertThat(response.get(8)).isEqualTo((byte) operation);
        return response.getShort(10);
    }

    /** Sends a request and waits for its status. */
    int call(ByteBuffer request) {
        send(request);
        for (int i = 0; i < 5000 && !answered(); i++) {
            domain.runPosted();
            pause();
        }
        return status(request);
    }

    static void pause() {
        try {
            Thread.sleep(Duration.ofMillis(1));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
