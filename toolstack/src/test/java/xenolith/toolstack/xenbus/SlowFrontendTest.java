package xenolith.toolstack.xenbus;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import xenolith.toolstack.FakeDomain;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.xenstore.Store;

/** A front end that does not connect is told of, with the states of both ends. */
class SlowFrontendTest {
    private static final DeviceAddress ADDRESS = new DeviceAddress("vbd", 1, 51712);

    private final Store store = new Store();
    private final List<Runnable> alarms = new ArrayList<>();
    private final List<String> lines = new ArrayList<>();

    /** A driver that always connects. */
    private static final class Willing implements BackendDriver {
        @Override
        public void publish(BackendNodes nodes) {}

        @Override
        public void connect(FrontendNodes frontend, BackendNodes nodes) {}

        @Override
        public void disconnect(Runnable done) {
            done.run();
        }

        @Override
        public void close(Runnable done) {
            done.run();
        }
    }

    private Backend backend(Executor workers) {
        new DeviceNodes(ADDRESS).backendOnline().backendState().write(store);
        Backend backend = new Backend(store, ADDRESS, new Willing(), lines::add);
        DomainSite site =
                new DomainSite(
                        new FakeDomain(),
                        "web",
                        store,
                        workers,
                        (Duration time, Runnable task) -> {
                            assertThat(time).hasMinutes(1);
                            alarms.add(task);
                        });
        SlowFrontend.watch(backend, site, "xen-blkfront", lines::add);
        return backend;
    }

    private static void aside(Runnable task) {
        Thread thread = Thread.ofVirtual().start(task);
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void isToldOfOnceWithBothStates() {
        Backend backend = backend(SlowFrontendTest::aside);
        store.write(ADDRESS.frontend() + "/state", XenbusState.INIT_WAIT.value());
        alarms.forEach(Runnable::run);
        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst())
                .startsWith("Domain web: no front end has connected within 60 s (")
                .contains("back end InitWait, front end InitWait")
                .endsWith("such as xen-blkfront?");
        backend.remove();
    }

    @Test
    void whoConnectedIsNotToldOf() {
        Backend backend = backend(SlowFrontendTest::aside);
        store.write(ADDRESS.frontend() + "/state", XenbusState.CONNECTED.value());
        assertThat(backend.connected()).isDone();
        assertThat(alarms).hasSize(1);
        alarms.forEach(Runnable::run);
        assertThat(lines).isEmpty();
    }

    @Test
    void nothingIsSetWhereTimeIsCounted() {
        backend(Runnable::run).remove();
        assertThat(alarms).isEmpty();
    }
}
