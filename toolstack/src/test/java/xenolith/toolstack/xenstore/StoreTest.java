package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The store as tools see it. */
class StoreTest {
    private final Store store = new Store();
    private final List<String> told = new ArrayList<>();

    @Test
    void watchesTellOfChangesBelowAfterTheyWereMade() {
        StoreWatch watch =
                store.watch("/a/b", path -> told.add(path + "=" + store.read(path, "none")));
        assertThat(told).containsExactly("/a/b=none");
        told.clear();
        store.write("/a/b/c", "1");
        store.write("/a/bc", "1");
        store.permit("/a/b", "n0", "r1");
        store.remove("/a");
        assertThat(told).containsExactly("/a/b/c=1", "/a/b=", "/a/b=none");
        watch.close();
        store.write("/a/b", "2");
        assertThat(told).hasSize(3);
    }

    @Test
    void whatAListenerWritesIsToldWhenItHasReturned() {
        store.watch(
                "/front/state",
                path -> {
                    told.add("front " + store.read(path));
                    if ("1".equals(store.read(path))) {
                        store.write("/back/state", "2");
                        told.add("front is done");
                    }
                });
        store.watch("/back/state", path -> told.add("back " + store.read(path)));
        told.clear();
        store.write("/front/state", "1");
        assertThat(told).containsExactly("front 1", "front is done", "back 2");
    }

    @Test
    void aClosedWatchIsNotToldOfWhatHasHappened() {
        List<StoreWatch> second = new ArrayList<>();
        store.watch("/a", path -> second.forEach(StoreWatch::close));
        second.add(store.watch("/a", told::add));
        told.clear();
        store.write("/a", "1");
        assertThat(told).isEmpty();
    }

    @Test
    void transactionsAreToldAsOneChange() {
        store.watch("/a", path -> told.add(path + store.read("/a/x") + store.read("/a/y")));
        told.clear();
        store.transact(t -> {
            t.write("/a/x", "1", "n0", "r3");
            t.write("/a/y", "2");
            assertThat(t.read("/a/x")).isEqualTo("1");
            assertThat(store.read("/a/x")).isNull();
        });
        assertThat(told).containsExactly("/a/x12", "/a/y12");
        assertThat(store.permissions("/a/x")).hasToString("n0,r3");
        assertThatThrownBy(() ->
                        store.transact(t -> {
                            t.remove("/a");
                            throw new UnsupportedOperationException();
                        }))
                .isInstanceOf(UnsupportedOperationException.class);
        assertThat(store.directory("/a")).containsExactly("x", "y");
    }

    @Test
    void specialWatchesTellOfDomains() {
        store.watch(Store.INTRODUCE_DOMAIN, told::add);
        store.watch(Store.RELEASE_DOMAIN, told::add);
        told.clear();
        store.special(Store.RELEASE_DOMAIN);
        assertThat(told).containsExactly("@releaseDomain");
    }

    @Test
    void impossiblePathsAreTheCallersMistake() {
        assertThatThrownBy(() -> store.write("a", "1")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> store.write("/a//b", "1"))
                .isInstanceOf(IllegalStateException.class);
        store.remove("/nowhere");
    }
}
