package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.socket.HostSocket;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** The commands of xl against a host, through its socket. */
class XlTest {
    @TempDir private Path folder = Path.of(".");

    @SuppressWarnings("NullAway.Init")
    private Host host;

    @SuppressWarnings("NullAway.Init")
    private HostSocket socket;

    private String out = "";
    private String err = "";

    @BeforeEach
    void start() throws ToolException {
        host = Host.start(HostSettings.of(64, 1), List.of());
        socket = HostSocket.open(path(), host, UnpackCache.none());
    }

    @AfterEach
    void stop() {
        socket.close();
        host.close();
    }

    private Path path() {
        return folder.resolve("s").resolve("h");
    }

    private int xl(String... words) {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        ByteArrayOutputStream e = new ByteArrayOutputStream();
        List<String> all = new ArrayList<>(Arrays.asList(words));
        all.addAll(1, List.of("--socket", path().toString()));
        int status =
                Main.run(
                        all.toArray(String[]::new),
                        new Streams(
                                new ByteArrayInputStream(new byte[0]),
                                new PrintStream(o, true, StandardCharsets.UTF_8),
                                new PrintStream(e, true, StandardCharsets.UTF_8)));
        out = o.toString(StandardCharsets.UTF_8);
        err = e.toString(StandardCharsets.UTF_8);
        assertThat(err).doesNotContain("\tat ").doesNotContain("defect");
        return status;
    }

    private String config(String name, TinyKernel kernel, String more) throws IOException {
        kernel.write(folder.resolve(name + ".bin"));
        Path file = folder.resolve(name + ".cfg");
        Files.writeString(
                file, "name='" + name + "'\nkernel='" + name + ".bin'\nmemory=4\n" + more + "\n");
        return file.toString();
    }

    private String loop(String name) throws IOException {
        return config(name, new TinyKernel().code("ebfe"), "");
    }

    @Test
    void theSocketIsItsUsersOnly() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path())))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path().getParent())))
                .isEqualTo("rwx------");
    }

    @Test
    void twoHostsCannotHaveOneSocketAndADeadOnesIsTakenOver() throws Exception {
        try (Host other = Host.start(HostSettings.of(16, 1), List.of())) {
            assertThat(
                            org.assertj.core.api.Assertions.catchThrowable(
                                    () -> HostSocket.open(path(), other, UnpackCache.none())))
                    .isInstanceOf(ToolException.class)
                    .hasMessageContaining("running already");
            Path stale = folder.resolve("stale");
            try (var server =
                    java.nio.channels.ServerSocketChannel.open(
                            java.net.StandardProtocolFamily.UNIX)) {
                server.bind(java.net.UnixDomainSocketAddress.of(stale));
            }
            assertThat(stale).exists();
            HostSocket.open(stale, other, UnpackCache.none()).close();
            assertThat(stale).doesNotExist();
            Path text = Files.writeString(folder.resolve("text"), "");
            assertThat(
                            org.assertj.core.api.Assertions.catchThrowable(
                                    () -> HostSocket.open(text, other, UnpackCache.none())))
                    .hasMessageContaining("is not a socket");
        }
    }

    @Test
    void aDomainsLife() throws IOException {
        String web = loop("web");
        assertThat(xl("create", web)).isZero();
        assertThat(out).isEqualTo("Parsing config from " + web + "\n");
        assertThat(xl("create", web)).isEqualTo(1);
        assertThat(err).contains("There is a domain called web already");
        assertThat(xl("create", "-q", "-p", web, "name=db", "memory=8", "cpu_weight=512")).isZero();
        assertThat(out).isEmpty();
        assertThat(xl("list")).isZero();
        assertThat(out.lines().skip(1).toList().get(0))
                .matches("Domain-0 {33}    0     0     1     r-----  +\\d+\\.\\d");
        assertThat(out)
                .containsPattern("web {37} +1     4     1     r-----  +\\d+\\.\\d\n")
                .containsPattern("db {38} +2     8     1     --p---  +0\\.0\n");
        assertThat(xl("unpause", "db")).isZero();
        assertThat(xl("pause", "1")).isZero();
        assertThat(xl("list", "web")).isZero();
        assertThat(out).contains("--p---");
        assertThat(xl("rename", "db", "store")).isZero();
        assertThat(xl("domid", "store")).isZero();
        assertThat(out).isEqualTo("2\n");
        assertThat(xl("domname", "2")).isZero();
        assertThat(out).isEqualTo("store\n");
        assertThat(xl("list", "-l", "store")).isZero();
        assertThat(out).contains("\"weight\": 512").contains("\"name\": \"store\"");
        assertThat(xl("uptime")).isZero();
        assertThat(out).containsPattern("store {28} +2  0:00:\\d\\d\n");
        assertThat(xl("vcpu-list", "store")).isZero();
        assertThat(out).containsPattern("store {27} +2     0    0   r-- +\\d+\\.\\d  all / all\n");
        assertThat(xl("top", "-b", "-i", "1")).isZero();
        assertThat(out).startsWith("      NAME  STATE").contains("store -----r");
        assertThat(xl("destroy", "web")).isZero();
        assertThat(xl("destroy", "web")).isEqualTo(1);
        assertThat(err).contains("There is no domain web");
        assertThat(xl("audit", "store")).isZero();
        assertThat(out).isEqualTo("audit of store: clean\n");
    }

    @Test
    void whatCannotBeIsASentence() throws IOException {
        assertThat(xl("destroy", "0")).isEqualTo(1);
        assertThat(err).contains("Domain-0 is the host itself");
        assertThat(xl("create", folder.resolve("none").toString())).isEqualTo(1);
        assertThat(err).contains("cannot be read");
        assertThat(xl("create", config("big", new TinyKernel().shutdown(0), "memory=99")))
                .isEqualTo(1);
        assertThat(err).contains("No memory");
        assertThat(xl("create", config("screen", new TinyKernel().shutdown(0), "vfb=['vnc=1']")))
                .isEqualTo(1);
        assertThat(err).contains("screen.cfg:4:5: vfb is not supported");
        assertThat(xl("mem-set", "0", "much")).isEqualTo(1);
        assertThat(xl("list")).isZero();
        assertThat(out.lines()).hasSize(2);
    }

    @Test
    void nothingIsDoneWhenDry() throws IOException {
        String web = loop("web");
        assertThat(xl("create", "-n", web)).isZero();
        assertThat(out).contains("\"target_memkb\" : 4096");
        assertThat(xl("list")).isZero();
        assertThat(out).doesNotContain("web");
        assertThat(xl("create", web)).isZero();
        assertThat(xl("destroy", "-N", "web")).isZero();
        assertThat(out).contains("DELETE", "/v1/domains/web");
        assertThat(xl("list")).isZero();
        assertThat(out).contains("web");
    }

    @Test
    void theConsoleShowsWhatWasPrintedAndEndsWithTheDomain() throws IOException {
        String cfg = config("talker", new TinyKernel().print("hello\r\n").shutdown(0), "");
        assertThat(xl("create", "-c", "-q", cfg)).isZero();
        assertThat(out).isEqualTo("hello\r\n");
        assertThat(xl("list")).isZero();
        assertThat(out).doesNotContain("talker");
    }

    @Test
    void aCrashedDomainCanBeWaitedForAndIsTold() throws IOException {
        String cfg = config("bad", new TinyKernel().shutdown(3), "");
        assertThat(xl("create", "-F", "-q", cfg)).isZero();
        assertThat(out + err).contains("crash");
        assertThat(xl("dmesg")).isZero();
        assertThat(out).contains("crashed on vCPU 0");
    }

    @Test
    void aNameMayHaveAnyLetters() throws IOException, ToolException, ControlException {
        String cfg = loop("plain");
        assertThat(xl("create", "-q", cfg, "name=a b+c%d?é")).isZero();
        assertThat(xl("domid", "a b+c%d?é")).isZero();
        assertThat(out).isEqualTo("1\n");
    }

    @ParameterizedTest
    @CsvSource({
        "save,later version",
        "cpupool-list,one physical CPU",
        "pci-list,no device",
        "vncviewer,console"
    })
    void otherCommandsOfXlSayWhyNot(String command, String why) {
        assertThat(xl(command, "x")).isEqualTo(1);
        assertThat(err).contains("There is no '" + command + "': ").contains(why);
    }

    @ParameterizedTest
    @CsvSource({"512,512", "512m,512", "1g,1024", "2T,2097152", "2048k,2", "4194304b,4"})
    void sizes(String text, long mib) throws ToolException {
        assertThat(DomainCommands.mib(text)).isEqualTo(mib);
    }
}
