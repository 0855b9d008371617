package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.ToolException;

/** Debian's xenstore tools (package xenstore-utils) at the socket. */
@Timeout(120)
class XenstoreToolsTest {
    @TempDir Path folder;
    private final Store store = new Store();
    private final ExecutorService host = Executors.newSingleThreadExecutor();
    private XenstoreSocket socket;

    @BeforeEach
    void open() throws ToolException {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/xenstore-read"))
                        || System.getenv("XENOLITH_REQUIRE_GUESTS") != null,
                "needs the package xenstore-utils");
        InitialTree.writeHost(store);
        UUID uuid = UUID.fromString("11111111-2222-3333-4444-555555555555");
        InitialTree.writeDomain(
                store,
                new InitialTree.Facts(
                        1, "d2", uuid, 1, 1, 262144, 262144, 99, 2, 98, 1, "/k", "/r", "x=1",
                        "1.00"));
        socket = XenstoreSocket.open(folder.resolve("socket"), store, host);
    }

    @AfterEach
    void close() {
        if (socket != null) {
            socket.close();
        }
        host.shutdown();
    }

    private record Ended(int status, String text) {}

    private Process start(File out, String tool, String... args) throws IOException {
        List<String> words = new ArrayList<>(List.of("xenstore-" + tool));
        words.addAll(List.of(args));
        ProcessBuilder b = new ProcessBuilder(words).redirectErrorStream(true);
        b.environment().put("XENSTORED_PATH", socket.path().toString());
        return b.redirectOutput(out).start();
    }

    private Ended run(String tool, String... args) throws IOException, InterruptedException {
        File out = File.createTempFile("out", "", folder.toFile());
        Process p = start(out, tool, args);
        assertThat(p.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Ended(p.exitValue(), Files.readString(out.toPath()));
    }

    @Test
    void readWriteListRemoveAndExist() throws Exception {
        assertThat(run("write", "/a/b", "one", "/a/c", "two words")).isEqualTo(new Ended(0, ""));
        assertThat(run("read", "/a/b", "/a/c")).isEqualTo(new Ended(0, "one\ntwo words\n"));
        assertThat(run("read", "-p", "/a/b")).isEqualTo(new Ended(0, "/a/b: one\n"));
        assertThat(run("list", "/a")).isEqualTo(new Ended(0, "b\nc\n"));
        assertThat(run("exists", "/a/b").status()).isZero();
        assertThat(run("exists", "/a/d").status()).isNotZero();
        assertThat(run("rm", "/a/b").status()).isZero();
        assertThat(run("read", "/a/b"))
                .isEqualTo(new Ended(1, "xenstore-read: couldn't read path /a/b\n"));
        assertThat(run("rm", "-t", "/a/c").status()).isZero();
        assertThat(run("exists", "/a").status()).isNotZero();
        assertThat(run("read", "/local/domain/1/name")).isEqualTo(new Ended(0, "d2\n"));
        assertThat(run("read", "domid")).isEqualTo(new Ended(0, "0\n"));
    }

    @Test
    void permissionsAreChangedAndShown() throws Exception {
        run("write", "/p/q", "");
        assertThat(run("chmod", "/p", "n0", "r1", "b2", "w3").status()).isZero();
        assertThat(run("ls", "-fp", "/p").text()).isEqualTo("/p/q = \"\"   (n0)\n");
        assertThat(run("chmod", "-r", "/p", "b1", "n7").status()).isZero();
        assertThat(run("ls", "-fp", "/p").text()).isEqualTo("/p/q = \"\"   (b1,n7)\n");
        assertThat(run("chmod", "/nowhere", "n0").status()).isNotZero();
    }

    @Test
    void aGuestsTreeIsListed() throws Exception {
        assertThat(run("ls", "-f", "/local/domain/1/memory").text())
                .isEqualTo(
                        """
                        /local/domain/1/memory/static-max = "262144"
                        /local/domain/1/memory/target = "262144"
                        /local/domain/1/memory/videoram = "0"
                        """);
        assertThat(run("ls", "-fp").text()).contains("/tool/xenstored = \"\"   (n0)\n");
        List<String> many = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            many.add("directory-of-many-children-" + i);
        }
        host.submit(() -> many.forEach(name -> store.write("/many/" + name, ""))).get();
        // More than one message can hold: libxenstore fetches it in parts.
        assertThat(run("list", "/many").text()).isEqualTo(String.join("\n", many) + "\n");
    }

    @Test
    void watchesTell() throws Exception {
        File out = folder.resolve("watch").toFile();
        Process p = start(out, "watch", "-n", "3", "/w");
        try {
            while (!Files.readString(out.toPath()).contains("/w")) {
                Thread.sleep(20);
            }
            run("write", "/w/x", "1");
            run("rm", "/w");
            assertThat(p.waitFor(120, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(out.toPath())).isEqualTo("/w\n/w/x\n/w\n");
        } finally {
            p.destroyForcibly();
        }
    }
}
