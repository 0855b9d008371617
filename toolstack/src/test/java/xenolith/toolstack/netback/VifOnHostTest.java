package xenolith.toolstack.netback;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.Packets;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.xenbus.Backend;
import xenolith.toolstack.xenbus.XenbusState;
import xenolith.toolstack.xenstore.Store;

/** Cards of domains of a real hypervisor: real grants and event channels, front ends by hand. */
class VifOnHostTest {
    private static final int PAGES = 8;
    private static final int FIRST_REF = 8;
    private static final int TX = 0;
    private static final int RX = 1;
    private static final int OUT = 2;
    private static final int IN = 3;

    private final Host host =
            Host.start(
                    HostConfig.of(16L << 20, 3, HostConfig.TimeMode.VIRTUAL),
                    EngineKind.standard()::on);
    private final Store store = new Store();
    private final Deque<Runnable> soon = new ArrayDeque<>();
    private final Network network =
            new Network(
                    List.of(new Network.Plan("xenbr0", new WayOut.None())),
                    new Random(1),
                    true,
                    line -> {});
    private final Guest one = new Guest("one");
    private final Guest two = new Guest("two");
    private boolean dead;

    VifOnHostTest() throws ToolException, ControlException {}

    /** A domain that does nothing by itself. */
    private final class Guest {
        private final DomainControl domain;
        private final long[] mfns;
        private final int port;
        private final Vif vif;
        private final Backend backend;

        Guest(String name) throws ToolException, ControlException {
            domain = host.create(new DomainConfig(name, new UUID(0, 1), 1, 64, -1));
            mfns = domain.populate(0, PAGES);
            for (int i = 0; i < PAGES; i++) {
                domain.seedGrant(FIRST_REF + i, 0, mfns[i]);
            }
            port = domain.allocateUnbound(0);
            Value.Text words = new Value.Text(new Position("x.cfg", 1, 1), "");
            vif = Vif.reserve(network, VifSpec.parse(words), 0, name);
            backend =
                    vif.attach(
                            domain,
                            store,
                            soon::add,
                            Runnable::run,
                            (Duration t, Runnable r) -> {},
                            line -> {});
        }

        private void node(String name, int value) {
            String path = "/local/domain/" + domain.domid() + "/device/vif/0/";
            store.write(path + name, Integer.toString(value));
        }

        private void state(XenbusState state) {
            store.write("/local/domain/" + domain.domid() + "/device/vif/0/state", state.value());
        }

        void fill(int page, byte[] bytes) {
            domain.write(mfns[page], 0, Arrays.copyOf(bytes, 4096), 0, 4096);
        }

        byte[] page(int page, int length) {
            byte[] bytes = new byte[length];
            domain.read(mfns[page], 0, bytes, 0, length);
            return bytes;
        }

        /** Rings with one request to send {@code frame} and one page to receive to. */
        void fillRings(byte[] frame) {
            byte[] tx = ring();
            little(tx).putInt(64, FIRST_REF + OUT).putShort(64 + 8, (short) 5);
            little(tx).putShort(64 + 10, (short) frame.length);
            byte[] rx = ring();
            little(rx).putShort(64, (short) 6).putInt(64 + 4, FIRST_REF + IN);
            fill(TX, tx);
            fill(RX, rx);
            fill(OUT, frame);
            fill(IN, new byte[0]);
        }

        private static byte[] ring() {
            byte[] ring = new byte[4096];
            little(ring).putInt(0, 1).putInt(4, 1).putInt(12, 1);
            return ring;
        }

        private static ByteBuffer little(byte[] bytes) {
            return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        }

        void connect() {
            node("tx-ring-ref", FIRST_REF + TX);
            node("rx-ring-ref", FIRST_REF + RX);
            node("event-channel", port);
            node("request-rx-copy", 1);
            node("feature-rx-notify", 1);
            node("feature-sg", 1);
            state(XenbusState.CONNECTED);
            assertThat(backend.state()).isEqualTo(XenbusState.CONNECTED);
        }

        void disconnect() {
            state(XenbusState.CLOSED);
            state(XenbusState.INITIALISING);
            assertThat(backend.state()).isEqualTo(XenbusState.INIT_WAIT);
        }
    }

    private void run() {
        for (Runnable task; (task = soon.poll()) != null; ) {
            task.run();
        }
    }

    @AfterEach
    void nothingIsLeft() {
        assertThat(host.audit()).isEmpty();
        one.backend.remove();
        two.backend.remove();
        one.domain.destroy();
        if (!dead) {
            two.domain.destroy();
        }
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    @Test
    void aFrameGoesFromGrantToGrant() {
        byte[] frame = Packets.arp(one.vif.mac(), 1, 2);
        two.fillRings(new byte[0]);
        one.fillRings(frame);
        two.connect();
        one.connect();
        run();
        assertThat(two.page(IN, frame.length)).isEqualTo(frame);
        assertThat(host.audit()).as("while connected").isEmpty();
    }

    @Test
    void tenThousandConnectionsLeaveNothing() {
        byte[] frame = Packets.arp(one.vif.mac(), 1, 2);
        for (int i = 0; i < 10_000; i++) {
            two.fillRings(new byte[0]);
            one.fillRings(frame);
            two.connect();
            one.connect();
            run();
            assertThat(two.page(IN, frame.length)).isEqualTo(frame);
            one.disconnect();
            two.disconnect();
            if (i % 1000 == 0) {
                assertThat(host.audit()).isEmpty();
            }
        }
    }

    @Test
    void aDomainThatDiesConnectedTakesItsCardWithIt() {
        two.fillRings(new byte[0]);
        one.fillRings(Packets.arp(one.vif.mac(), 1, 2));
        two.connect();
        one.connect();
        two.domain.destroy();
        dead = true;
        run();
        two.backend.remove();
        assertThat(network.port("vif" + two.domain.domid() + ".0")).isEmpty();
    }
}
