package xenolith.toolstack.xenbus;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import xenolith.toolstack.xenstore.Store;

/** The states of a device, with the front end's part played by hand. */
class BackendTest {
    private static final DeviceAddress ADDRESS = new DeviceAddress("vbd", 1, 51712);

    private final Store store = new Store();
    private final List<String> calls = new ArrayList<>();
    private final List<String> log = new ArrayList<>();
    private @Nullable Runnable busy;
    private boolean slow;
    private final Backend backend = make();

    private Backend make() {
        new DeviceNodes(ADDRESS)
                .backendState()
                .backend("mode", "w")
                .frontend("virtual-device", "51712")
                .write(store);
        return new Backend(
                store,
                ADDRESS,
                new BackendDriver() {
                    @Override
                    public void publish(BackendNodes nodes) {
                        nodes.write("feature-barrier", 1);
                        calls.add("publish");
                    }

                    @Override
                    public void connect(FrontendNodes frontend, BackendNodes nodes)
                            throws XenbusException {
                        calls.add("connect " + frontend.word("ring-ref"));
                    }

                    @Override
                    public void disconnect(Runnable done) {
                        calls.add("disconnect");
                        busy = done;
                        if (!slow) {
                            done.run();
                        }
                    }

                    @Override
                    public void close(Runnable done) {
                        calls.add("close");
                        done.run();
                    }
                },
                log::add);
    }

    private void front(XenbusState state) {
        store.write(ADDRESS.frontend() + "/state", state.value(), "n1", "r0");
    }

    private XenbusState written() {
        return XenbusState.of(store.read(ADDRESS.backend() + "/state"));
    }

    private void connect() {
        store.write(ADDRESS.frontend() + "/ring-ref", "8");
        front(XenbusState.INITIALISED);
        front(XenbusState.CONNECTED);
        assertThat(written()).isEqualTo(XenbusState.CONNECTED);
    }

    @Test
    void theEndsConnectAndConnectAgain() {
        assertThat(written()).isEqualTo(XenbusState.INIT_WAIT);
        assertThat(backend.connected()).isNotDone();
        connect();
        assertThat(backend.connected()).isDone();
        front(XenbusState.CLOSING);
        assertThat(written()).isEqualTo(XenbusState.CLOSING);
        front(XenbusState.CLOSED);
        assertThat(written()).isEqualTo(XenbusState.CLOSED);
        front(XenbusState.INITIALISING);
        assertThat(written()).isEqualTo(XenbusState.INIT_WAIT);
        connect();
        assertThat(calls)
                .containsExactly("publish", "connect 8", "disconnect", "publish", "connect 8");
    }

    @Test
    void aSlowDisconnectHoldsTheNextState() {
        connect();
        slow = true;
        front(XenbusState.CLOSED);
        front(XenbusState.INITIALISING);
        assertThat(written()).isEqualTo(XenbusState.CLOSING);
        front(XenbusState.CLOSED);
        java.util.Objects.requireNonNull(busy).run();
        assertThat(written()).isEqualTo(XenbusState.CLOSED);
    }

    @Test
    void whatTheFrontEndWritesIsChecked() {
        for (String ref : new String[] {"", "x", "-1", "4294967296", "99999999999", "1 "}) {
            store.write(ADDRESS.frontend() + "/ring-ref", ref);
            front(XenbusState.INITIALISED);
            assertThat(written()).as(ref).isEqualTo(XenbusState.CLOSING);
            assertThat(log).last().asString().contains("ring-ref is \"" + start(ref));
            assertThat(store.read(ADDRESS.error())).startsWith("22 ");
            front(XenbusState.CLOSED);
            front(XenbusState.INITIALISING);
            assertThat(written()).isEqualTo(XenbusState.INIT_WAIT);
        }
        for (String state : new String[] {"", "0", "9", "44", "x"}) {
            store.write(ADDRESS.frontend() + "/state", state);
            assertThat(written()).as(state).isEqualTo(XenbusState.INIT_WAIT);
        }
        connect();
    }

    private static String start(String text) {
        return text.substring(0, Math.min(20, text.length()));
    }

    @Test
    void unpluggingWaitsForTheFrontEnd() {
        connect();
        backend.unplug();
        assertThat(written()).isEqualTo(XenbusState.CLOSING);
        assertThat(store.read(ADDRESS.backend() + "/online")).isEqualTo("0");
        assertThat(backend.describe())
                .isEqualTo("vbd 51712 of domain 1: back end Closing, front end Connected");
        front(XenbusState.CLOSING);
        assertThat(backend.gone()).isNotDone();
        front(XenbusState.CLOSED);
        assertThat(backend.gone()).isDone();
        nothingIsLeft();
    }

    @Test
    void aDeviceWithoutAFrontEndGoesAtOnce() {
        backend.unplug();
        assertThat(backend.gone()).isDone();
        nothingIsLeft();
    }

    @Test
    void aDeviceWhoseNodesAreRemovedGoes() {
        connect();
        store.remove("/local/domain/1");
        assertThat(backend.gone()).isDone();
        nothingIsLeft();
        backend.remove();
        assertThat(calls).containsOnlyOnce("close");
    }

    private void nothingIsLeft() {
        assertThat(calls).last().isEqualTo("close");
        assertThat(store.exists(ADDRESS.backend())).isFalse();
        assertThat(store.exists(ADDRESS.frontend())).isFalse();
        assertThat(store.exists(ADDRESS.libxl())).isFalse();
    }
}
