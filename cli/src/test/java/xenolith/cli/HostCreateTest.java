package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.xenstore.StoreAccess;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** Domains that cannot be created leave nothing behind, and others do not notice. */
@Timeout(120)
class HostCreateTest {
    private static final int HOST_MIB = 64;

    @TempDir Path folder;

    @SuppressWarnings("NullAway.Init") // before each test
    private Host host;

    @SuppressWarnings("NullAway.Init") // before each test
    private BootFiles files;

    @BeforeEach
    void start() throws Exception {
        host = Host.start(HostSettings.of(HOST_MIB, 5), List.of());
        Path kernel = new TinyKernel().code("ebfe").write(folder.resolve("spins"));
        files =
                new BootFiles(
                        KernelImage.open(kernel, UnpackCache.in(folder)),
                        Ramdisk.none(),
                        "spins",
                        "");
    }

    @AfterEach
    void stop() {
        host.close();
        files.close();
    }

    private static DomainSpec spec(String name, long mib) {
        return DomainSpec.defaults()
                .with(b -> {
                    b.name = name;
                    b.uuid = UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
                    b.memoryMib = mib;
                    b.maxMemoryMib = mib;
                });
    }

    /** All paths of the store, as text, but the folders of back ends, which stay as on Xen. */
    private String tree() throws Exception {
        return host.call(() -> {
            StringBuilder text = new StringBuilder();
            list(host.store(), "", text);
            return text.toString().replaceAll("/local/domain/0/backend.*\n", "");
        });
    }

    private static void list(StoreAccess store, String path, StringBuilder text) {
        for (String name : store.directory(path.isEmpty() ? "/" : path)) {
            text.append(path).append('/').append(name).append('\n');
            list(store, path + "/" + name, text);
        }
    }

    @Test
    void aNameIsTakenOnce() throws Exception {
        GuestDomain first = host.create(spec("web", 8), files, true);
        assertThatThrownBy(() -> host.create(spec("web", 8), files, true))
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("web")
                .hasMessageContaining("already");
        assertThatThrownBy(() -> host.create(spec("Domain-0", 8), files, true))
                .isInstanceOf(ControlException.class);
        assertThat(host.domains()).containsExactly(first);
        assertThat(first.domid()).isPositive();
        assertThat(host.audit()).isEmpty();
    }

    @Test
    void withoutMemoryNothingHalfBuiltRemains() throws Exception {
        String before = tree();
        long free = host.freeMib();
        GuestDomain small = host.create(spec("small", 8), files, true);
        String withOne = tree();
        for (int i = 0; i < 20; i++) {
            assertThatThrownBy(() -> host.create(spec("large", 10L * HOST_MIB), files, true))
                    .isInstanceOf(ControlException.class);
        }
        assertThat(tree()).isEqualTo(withOne);
        assertThat(host.domains()).containsExactly(small);
        assertThat(host.audit()).isEmpty();
        small.destroy();
        assertThat(host.freeMib()).isEqualTo(free);
        assertThat(tree()).isEqualTo(before);
        assertThat(host.create(spec("large", HOST_MIB / 2), files, true).domid()).isPositive();
    }

    @Test
    void comingAndGoingLeaksNothing() throws Exception {
        String before = tree();
        long free = host.freeMib();
        for (int i = 0; i < 200; i++) {
            host.create(spec("d" + i % 3, 4), files, i % 2 == 0).destroy();
        }
        assertThat(tree()).isEqualTo(before);
        assertThat(host.freeMib()).isEqualTo(free);
        assertThat(host.audit()).isEmpty();
    }
}
