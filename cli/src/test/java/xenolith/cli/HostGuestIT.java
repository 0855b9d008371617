package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import xenolith.testkit.Demo;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.DebianGuest;

/** A host in the background with Debian guests, driven by the commands of xl. */
@Timeout(value = 8, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class HostGuestIT {
    private static final String PROMPT = "~ # ";
    private static final Duration BOOT = Duration.ofMinutes(4);
    private static final Duration COMMAND = Duration.ofMinutes(1);

    private static final String MENU =
            """
            set timeout=0
            menuentry "Demo" {
                linux /demo
            }
            """;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Path folder;

    @SuppressWarnings("NullAway.Init") // before all tests
    private HostProcess host;

    @SuppressWarnings("NullAway.Init") // before all tests
    private Path kernel;

    @BeforeAll
    void start(@TempDir Path temporary) throws Exception {
        folder = temporary;
        CacheFolder cache = CacheFolder.of(System.getenv());
        DebianGuest debian = new DebianGuest(cache, line -> {});
        try {
            kernel = debian.kernel(DebianGuest.KERNEL_PACKAGE);
            byte[] ramdisk =
                    debian.ramdisk(
                            List.of(),
                            DebianGuest.KERNEL_PACKAGE,
                            List.of("xen-blkfront", "xen-netfront"));
            Files.write(folder.resolve("ramdisk"), ramdisk);
        } catch (ToolException e) {
            if (System.getenv("XENOLITH_REQUIRE_GUESTS") != null) {
                throw e;
            }
            Assumptions.abort("Debian's guest cannot be had here: " + e.getMessage());
        }
        host = new HostProcess(folder, "--memory", "512", "--way-out", "none");
    }

    @AfterAll
    void end() {
        if (host != null) {
            host.close();
        }
    }

    private String config(String name, String... more) throws IOException {
        return write(
                name,
                Stream.concat(
                        Stream.of(
                                "memory = 160",
                                "kernel = '" + kernel + "'",
                                "ramdisk = 'ramdisk'",
                                "cmdline = '" + DebianGuest.COMMAND_LINE + "'"),
                        Stream.of(more)));
    }

    private String write(String name, Stream<String> lines) throws IOException {
        List<String> text = Stream.concat(Stream.of("name = '" + name + "'"), lines).toList();
        return Files.write(folder.resolve(name + ".cfg"), text).toString();
    }

    @Test
    @Order(1)
    void crashesRebootsAndShutsDown() throws Exception {
        String deb = config("deb", "vcpus = 2", "on_crash = 'coredump-restart'");
        assertThat(host.xl("create", deb)).isEqualTo("Parsing config from " + deb + "\n");
        try (HostProcess.Screen screen = host.console("deb")) {
            screen.expect(PROMPT, BOOT);
            assertThat(host.xl("list")).containsPattern("deb +1 +160 +2 +[r-]b?-+ +\\d+\\.\\d");
            assertThat(host.xl("vcpu-list", "deb").lines()).hasSize(3);
            assertThat(host.xl("sysrq", "deb", "h")).isEmpty();
            screen.expect("sysrq: HELP", COMMAND);
            devicesComeAndGo(screen);
            vcpusComeAndGo(screen);
            assertThat(host.xl("reboot", "-w", "deb")).isEqualTo("Rebooting domain 1\n");
            assertThat(host.xl("domid", "deb")).isEqualTo("2\n");
            screen.expect("Linux version", BOOT); // the first life's prompt is still there
            screen.expect(PROMPT, BOOT);
            screen.type("echo c > /proc/sysrq-trigger\n");
            screen.expect("Kernel panic", COMMAND);
            screen.expect("Linux version", COMMAND);
            screen.expect(PROMPT, BOOT);
            assertThat(host.xl("audit")).containsIgnoringCase("clean");
        }
        Path core = host.dumps().resolve("deb-2.core");
        assertThat(Files.size(core)).isGreaterThan(160 << 20);
        Process readelf = new ProcessBuilder("readelf", "-h", core.toString()).start();
        assertThat(new String(readelf.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("CORE (Core file)");
        assertThat(host.xl("shutdown", "-a", "-w")).isEqualTo("Shutting down domain 3\n");
        assertThat(host.xl("list").lines()).hasSize(2);
    }

    /** Plugged while the guest runs, and taken by Debian's own drivers. */
    private void devicesComeAndGo(HostProcess.Screen screen) throws Exception {
        Path disk = folder.resolve("data");
        Files.write(disk, new byte[1 << 20]);
        host.xl("block-attach", "deb", disk + ",raw,xvdb,w");
        screen.type(await("[ -b /dev/xvdb ]", "echo marked | dd of=/dev/xvdb; sync; echo disk"));
        screen.expect("disk 42", COMMAND);
        assertThat(host.xl("block-list", "deb")).containsPattern("\n51728 +0 +1 +4 ");
        host.xl("block-detach", "deb", "xvdb");
        screen.type(await("[ ! -b /dev/xvdb ]", "echo gone"));
        screen.expect("gone 42", COMMAND);
        assertThat(host.xl("block-list", "deb").lines()).hasSize(1);
        assertThat(Files.readAllBytes(disk))
                .startsWith("marked\n".getBytes(StandardCharsets.US_ASCII));
        host.xl("network-attach", "deb", "mac=00:16:3e:00:00:07");
        screen.type(
                await("grep -q eth0 /proc/net/dev", "cat /sys/class/net/eth0/address; echo card"));
        screen.expect("00:16:3e:00:00:07", COMMAND);
        screen.expect("card 42", COMMAND);
        assertThat(host.xl("network-list", "deb")).contains("00:16:3e:00:00:07");
        assertThat(host.xl("network")).contains("vif1.0");
        host.xl("network-detach", "deb", "0");
        screen.type(await("! grep -q eth0 /proc/net/dev", "echo off"));
        screen.expect("off 42", COMMAND);
        assertThat(host.xl("network-list", "deb").lines()).hasSize(1);
    }

    private void vcpusComeAndGo(HostProcess.Screen screen) throws Exception {
        String online = "/sys/devices/system/cpu/online";
        host.xl("vcpu-set", "deb", "1");
        screen.type(await("[ $(cat " + online + ") = 0 ]", "echo one"));
        screen.expect("one 42", COMMAND);
        // it leaves Linux' list of those online before it stops
        host.await("deb +1 +1 +- +--p ", "vcpu-list", "deb");
        host.xl("vcpu-set", "deb", "2");
        // Linux makes it present and leaves the rest to udev
        String cpu = "/sys/devices/system/cpu/cpu1/online";
        screen.type(await("echo 1 >" + cpu + " && [ $(cat " + online + ") = 0-1 ]", "echo two"));
        screen.expect("two 42", COMMAND);
    }

    /** Waits for {@code condition}, does {@code then}, and says 42 behind it. */
    private static String await(String condition, String then) {
        return "until " + condition + "; do usleep 50000; done; " + then + " $((6*7))\n";
    }

    @Test
    @Order(2)
    void grubOfADiskBootsWhileSomebodyWaitsForItsEnd() throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/sbin/mke2fs")), "needs the package e2fsprogs");
        String menu =
                write(
                        "menu",
                        Stream.of(
                                "memory = 64",
                                "bootloader = 'pygrub'",
                                "disk = ['disk,raw,xvda,r']"));
        disk();
        CompletableFuture<String> end =
                CompletableFuture.supplyAsync(() -> {
                    try {
                        return host.xl("create", "-F", menu);
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
        try (HostProcess.Screen screen = host.console("menu")) {
            screen.expect("Booting `Demo'", BOOT);
            screen.expect("demo> ", BOOT);
            screen.type("halt\n");
        }
        assertThat(end.get(COMMAND.toSeconds(), TimeUnit.SECONDS))
                .contains("The domain has ended: poweroff");
    }

    /** An ext2 file system with a menu and a kernel; Debian's takes GRUB long (GrubGuestIT). */
    private void disk() throws Exception {
        Path root = Files.createDirectories(folder.resolve("root"));
        Files.createDirectories(root.resolve("boot/grub"));
        Files.writeString(root.resolve("boot/grub/grub.cfg"), MENU);
        Files.write(root.resolve("demo"), Demo.image());
        Process make =
                new ProcessBuilder(
                                "/sbin/mke2fs",
                                "-q",
                                "-F",
                                "-d",
                                root.toString(),
                                folder.resolve("disk").toString(),
                                "8M")
                        .inheritIO()
                        .start();
        assertThat(make.waitFor()).isZero();
    }

    @Test
    @Order(3)
    void endsWhenToldAndTheNextHasItsXenstore() throws Exception {
        Path tree = folder.resolve("tree");
        host.xl("host", "--xenstore-save", tree.toString());
        host.stop();
        assertThat(host.said()).doesNotContain("defect").doesNotContain("\tat ");
        assertThat(Files.size(tree)).isPositive();
        host = new HostProcess(folder, "--memory", "64", "--xenstore-load", tree.toString());
        host.stop();
    }
}
