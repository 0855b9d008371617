package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.hypervisor.control.ControlException;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.socket.HostClient;
import xenolith.toolstack.socket.HostSocket;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** The commands of xl against a host, through its socket. */
class XlTest extends XlSession {
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
                                    () -> HostSocket.open(path(), other, BootLoader.plain())))
                    .isInstanceOf(ToolException.class)
                    .hasMessageContaining("running already");
            Path stale = folder.resolve("stale");
            try (var server =
                    java.nio.channels.ServerSocketChannel.open(
                            java.net.StandardProtocolFamily.UNIX)) {
                server.bind(java.net.UnixDomainSocketAddress.of(stale));
            }
            assertThat(stale).exists();
            HostSocket.open(stale, other, BootLoader.plain()).close();
            assertThat(stale).doesNotExist();
            Path text = Files.writeString(folder.resolve("text"), "");
            assertThat(
                            org.assertj.core.api.Assertions.catchThrowable(
                                    () -> HostSocket.open(text, other, BootLoader.plain())))
                    .hasMessageContaining("is not a socket");
        }
    }

    @Test
    void whoStopsTheHostIsAnsweredFirst() throws Exception {
        Path stopped = folder.resolve("stopped");
        for (int i = 0; i < 100; i++) {
            HostSocket socket = HostSocket.open(stopped, host, BootLoader.plain());
            Thread end = Thread.ofPlatform().start(() -> closeWhenTold(socket));
            new HostClient(stopped).call("DELETE", "/v1/host", Map.of());
            end.join();
        }
    }

    private static void closeWhenTold(HostSocket socket) {
        try (socket) {
            socket.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
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
    void optionsMayStandInFrontAndNamesMayBeCutShort() throws IOException {
        assertThat(xl("-v", "list")).isZero();
        assertThat(out).startsWith("Name ");
        assertThat(xl("-vvfT", "li")).isZero();
        assertThat(out).startsWith("Name ");
        assertThat(xl("create", "-q", loop("web"))).isZero();
        assertThat(xl("-N", "dest", "web")).isZero();
        assertThat(out).contains("DELETE", "/v1/domains/web");
        assertThat(xl("domid", "web")).isZero();
        assertThat(xl("co", "web")).isEqualTo(1);
        assertThat(err).contains("Unmatched argument");
        assertThat(xl("cpupool-l")).isEqualTo(1);
        assertThat(err).contains("There is no 'cpupool-list'");
    }

    @Test
    void memoryAndCpusStayWithinTheirLimits() throws IOException {
        String cfg = config("web", new TinyKernel().code("ebfe"), "maxmem=8\nmaxvcpus=2");
        assertThat(xl("create", "-q", cfg)).isZero();
        assertThat(xl("mem-set", "web", "9")).isEqualTo(1);
        assertThat(err).contains("may have 8 MiB of memory at most, not 9; 'mem-max'");
        assertThat(xl("mem-max", "web", "3")).isEqualTo(1);
        assertThat(err).contains("shall have 4 MiB of memory, which is more than 3; 'mem-set'");
        assertThat(xl("vcpu-set", "web", "3")).isEqualTo(1);
        assertThat(err).contains("Domain web can have 1 to 2 virtual CPUs (maxvcpus), not 3.");
        assertThat(xl("vcpu-set", "web", "0")).isEqualTo(1);
        assertThat(xl("vcpu-set", "-i", "web", "2")).isZero();
        assertThat(xl("mem-max", "web", "10240k")).isZero();
        assertThat(xl("mem-set", "web", "9")).isZero();
        assertThat(xl("list", "-l", "web")).isZero();
        assertThat(out)
                .contains("\"max_memkb\": 10240")
                .contains("\"target_memkb\": 9216")
                .containsPattern("\"avail_vcpus\": \\[\\s*0,\\s*1\\s*\\]");
        assertThat(xl("list", "--json", "web")).isZero();
        assertThat(out).contains("\"max_memory_kib\" : 10240"); // 9 MiB and libxl's one more
    }

    @Test
    void triggersAndDebugKeys() throws IOException {
        assertThat(xl("create", "-q", "-p", loop("web"))).isZero();
        assertThat(xl("trigger", "web", "power")).isEqualTo(1);
        assertThat(err).contains("The trigger power is for HVM guests").contains("'shutdown'");
        assertThat(xl("trigger", "web", "kick")).isEqualTo(1);
        assertThat(err).contains("There is no trigger kick");
        assertThat(xl("trigger", "web", "nmi", "1")).isEqualTo(1);
        assertThat(err).contains("Domain web has no virtual CPU 1.");
        assertThat(xl("trigger", "web", "nmi")).isZero();
        assertThat(xl("dmesg", "-c")).isZero();
        assertThat(xl("debug-keys", "x")).isEqualTo(1);
        assertThat(err).contains("There is no debug key 'x'");
        assertThat(xl("debug-keys", "hdegmqr")).isZero();
        assertThat(xl("dmesg")).isZero();
        assertThat(out)
                .startsWith("(XEN) 'h' pressed -> showing installed handlers\n")
                .contains("(XEN) d1v0: kernel mode, rip ")
                .containsPattern(
                        "Event channel information for domain 1:\n.* 1: interdomain, vCPU 0 d=0 p=1")
                .contains("grant-table for remote d1 (v1): ")
                .contains(
                        "General information for domain 1:\n(XEN)     nr_pages=1024 max_pages=1280")
                .contains("paused=1")
                .contains("waiting to run: 0");
    }

    @Test
    void aNewConfigurationHoldsFromTheNextRebootOn() throws IOException {
        Path log = folder.resolve("log");
        String before = config("web", new TinyKernel().print("before").shutdown(1), "");
        String after = config("other", new TinyKernel().print("after").shutdown(0), "");
        assertThat(xl("create", "-q", "-p", before, "--console-log", log.toString())).isZero();
        assertThat(xl("config-update", "web", after, "memory=6", "disk=['x,raw,xvda,rw']"))
                .isZero();
        assertThat(err).contains("The devices of web stay as they are");
        assertThat(xl("list", "web")).isZero();
        assertThat(out).containsPattern("web +1 +4 ");
        assertThat(xl("config-update", "web", "-f", folder.resolve("no.cfg").toString()))
                .isEqualTo(1);
        assertThat(err).contains("no.cfg cannot be read");
        assertThat(xl("config-update", "web", after, "kernel=none")).isEqualTo(1);
        assertThat(err).contains("There is no kernel");
        assertThat(xl("unpause", "web")).isZero();
        assertThat(xl("shutdown", "-w", "web")).isBetween(0, 1); // it may be gone before
        assertThat(xl("domid", "web")).isEqualTo(1);
        assertThat(log).content().isEqualTo("beforeafter");
    }

    @Test
    void aLogThatCannotBeWrittenLeavesNoDomain() throws IOException {
        assertThat(xl("create", "-q", loop("web"), "--console-log", "/nowhere/log")).isEqualTo(1);
        assertThat(err).contains("The console log /nowhere/log cannot be written");
        assertThat(xl("list")).isZero();
        assertThat(out.lines()).hasSize(2);
    }

    @Test
    void lessUsedForms() throws IOException {
        assertThat(xl("create", "-q", "-f", loop("web"), "memory=5")).isZero();
        assertThat(xl("list", "-Z", "-c", "-n", "web")).isZero();
        assertThat(out.lines().toList().get(0))
                .endsWith("   Security Label         Cpupool NODE Affinity");
        assertThat(out.lines().toList().get(1)).endsWith(" ".repeat(16) + "-          Pool-0 all");
        assertThat(xl("vm-list")).isZero();
        assertThat(out).containsPattern("^UUID .*\n[0-9a-f-]{36}  1    web *\n$");
        assertThat(xl("uptime", "-s", "web")).isZero();
        assertThat(out).containsPattern("^ \\d\\d:\\d\\d:\\d\\d up  0:00, web \\(1\\)\n$");
        assertThat(xl("info", "-n")).isZero();
        assertThat(out)
                .containsPattern("hw_caps +: ([0-9a-f]{8}:){7}[0-9a-f]{8}\n")
                .contains("numa_info              :\nnode:    memsize    memfree    distances");
        assertThat(xl("console", "-n", "1", "web")).isEqualTo(1);
        assertThat(err).contains("one console");
        assertThat(xl("create")).isEqualTo(1);
        assertThat(err).contains("Name a configuration file");
    }

    /** What xl's table of commands in Xen 4.17 has, and nothing here does or refuses. */
    @Test
    void everyCommandOfXlIsKnown() {
        String all =
                "create config-update list destroy shutdown reboot pci-attach pci-detach pci-list"
                        + " pci-assignable-add pci-assignable-remove pci-assignable-list pause"
                        + " unpause console vncviewer save migrate restore migrate-receive dump-core"
                        + " cd-insert cd-eject mem-max mem-set button-press vcpu-list vcpu-pin"
                        + " vcpu-set vm-list info sharing sched-credit sched-credit2 sched-rtds domid"
                        + " domname rename trigger sysrq debug-keys set-parameters dmesg top"
                        + " network-attach network-list network-detach channel-list block-attach"
                        + " block-list block-detach vtpm-attach vtpm-list vtpm-detach vkb-attach"
                        + " vkb-list vkb-detach vdispl-attach vdispl-list vdispl-detach vsnd-attach"
                        + " vsnd-list vsnd-detach uptime claims cpupool-create cpupool-list"
                        + " cpupool-destroy cpupool-rename cpupool-cpu-add cpupool-cpu-remove"
                        + " cpupool-migrate cpupool-numa-split getenforce setenforce loadpolicy remus"
                        + " devd psr-hwinfo psr-cmt-attach psr-cmt-detach psr-cmt-show psr-cat-set"
                        + " psr-cat-show psr-mba-set psr-mba-show usbctrl-attach usbctrl-detach"
                        + " usbdev-attach usbdev-detach usb-list qemu-monitor-command";
        for (String command : all.split(" ", -1)) {
            assertThat(CommandTable.known(command)).as(command).isTrue();
        }
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
