package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.ToolException;

/** The tree as a file. */
class StoreSnapshotTest {
    private static final List<String> OF_ONE_DOMAIN =
            List.of(
                    "/local/domain/0/mine",
                    "/local/domain/0/backend/vbd/5/51712",
                    "/local/domain/0/backend/vbd/5/51712/state",
                    "/local/domain/5",
                    "/local/domain/5/name",
                    "/libxl/5/type",
                    "/vm/11111111-2222-3333-4444-555555555555/name");

    @TempDir Path folder;

    private static String picture(Store store) {
        StringBuilder text = new StringBuilder();
        store.nodes()
                .forEach((path, node) ->
                        text.append(path)
                                .append(Arrays.toString(node.value()))
                                .append(node.permissions())
                                .append(node.children())
                                .append('\n'));
        return text.toString();
    }

    private static Store filled() {
        Store store = new Store();
        store.write("/a/b/c", "value", "n0", "r1", "b2");
        store.write("/a/z", "");
        store.write("/a/x", "");
        Connection tool = new Connection(store);
        Clients.ask(tool, Message.WRITE, 0, "/a/binary\0\u00ff\0\u0001\u0080");
        Clients.ask(tool, Message.SET_PERMS, 0, "@releaseDomain\0n0\0r3\0");
        return store;
    }

    @Test
    void comesBackAsItWas() throws ToolException {
        Store store = filled();
        Path file = folder.resolve("store");
        store.save(file);
        Store again = new Store();
        again.write("/a/z", "other");
        again.load(file);
        assertThat(again.read("/a/z")).isEmpty();
        assertThat(again.nodes().keySet()).isEqualTo(store.nodes().keySet());
        store.nodes()
                .forEach((path, node) -> {
                    Node other = Objects.requireNonNull(again.nodes().get(path));
                    assertThat(other.value()).as(path).isEqualTo(node.value());
                    assertThat(other.permissions()).as(path).isEqualTo(node.permissions());
                });
        assertThat(again.domains().special("@releaseDomain")).hasToString("n0,r3");
        assertThat(again.check()).isEmpty();
    }

    @Test
    void belongsToDomainsThatExist() throws ToolException {
        Store store = new Store();
        store.write("/gone", "x", "b5", "r0");
        for (String path : OF_ONE_DOMAIN) {
            store.write(path, "x");
        }
        store.save(folder.resolve("store"));
        Store again = new Store(); // whose host knows more domains than it has heard of
        again.load(folder.resolve("store"));
        assertThat(again.permissions("/gone")).hasToString("b0,r0");
        assertThat(again.directory("/local/domain")).containsExactly("0");
        assertThat(again.read("/local/domain/0/mine")).isEqualTo("x");
        for (String path : OF_ONE_DOMAIN.subList(1, OF_ONE_DOMAIN.size())) {
            assertThat(again.read(path)).as(path).isNull();
        }
        assertThat(again.check()).isEmpty();
    }

    @Test
    void damagedFilesAreRefusedAndChangeNothing() throws ToolException, IOException {
        Path file = folder.resolve("store");
        filled().save(file);
        byte[] good = Files.readAllBytes(file);
        Random random = new Random(11);
        Store store = new Store();
        String before = picture(store);
        for (int cut = 0; cut < good.length; cut += 7) {
            Files.write(file, Arrays.copyOf(good, cut));
            assertThatThrownBy(() -> store.load(file))
                    .isInstanceOf(ToolException.class)
                    .hasMessageContaining("cannot be loaded");
            assertThat(picture(store)).isEqualTo(before);
        }
        for (int round = 0; round < 2000; round++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            Files.write(file, bad);
            Store other = new Store();
            try {
                other.load(file);
            } catch (ToolException e) {
                assertThat(picture(other)).isEqualTo(before);
            }
            assertThat(other.check()).isEmpty();
        }
        assertThatThrownBy(() -> store.load(folder.resolve("none")))
                .isInstanceOf(ToolException.class);
        assertThatThrownBy(() -> store.save(folder.resolve("no/where")))
                .isInstanceOf(ToolException.class);
    }
}
