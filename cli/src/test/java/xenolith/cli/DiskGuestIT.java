package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.guest.DebianGuest;

/** Disks driven by Debian's own xen-blkfront and ext4, judged by this machine's e2fsck. */
class DiskGuestIT {
    private static final String PROMPT = "~ # ";
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final Duration COMMAND = Duration.ofMinutes(2);
    private static final long DISK = 96L << 20;

    /** Files in turn, each made safe, for as long as the host lives. */
    private static final String WRITER =
            "i=0; while :; do i=$((i+1)); dd if=/dev/urandom of=/m/$i bs=64k count=8 2>/dev/null;"
                    + " ( cd /m && md5sum $i >> sums ); sync; echo safe $i; done";

    @TempDir private Path folder;

    /**
     * What is in the image at any moment is what a host that is killed there leaves behind. The
     * journal must repair it, and whatever the guest was told to be safe must be there.
     */
    @Test
    void aHostThatIsKilledLosesNothingThatWasSafe() throws Exception {
        Path disk = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(DISK);
        }
        run("/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", disk.toString());
        GuestSession.Setup setup =
                DebianFiles.setup(DebianGuest.KERNEL_PACKAGE, List.of("xen-blkfront", "ext4"))
                        .with(List.of(disk + ",raw,xvda,w"));
        try (GuestSession guest = GuestSession.start(setup)) {
            guest.expect(PROMPT, BOOT);
            guest.send("mkdir /m; mount -t ext4 /dev/xvda /m && echo mounted $((6*7))");
            guest.expect("mounted 42", COMMAND);
            guest.send(WRITER);
            for (int n : new int[] {5, 9, 14}) {
                guest.expect("safe " + n + "\r", COMMAND);
                Path killed = folder.resolve("killed-" + n);
                guest.domain().pause();
                Files.copy(disk, killed);
                guest.domain().unpause();
                check(killed, n);
            }
            assertThat(guest.audit()).as("wrong counts of frames").isEmpty();
        } finally {
            setup.files().kernel().close();
        }
    }

    /** Two processors write through a queue each, whose ring has four pages. */
    @Test
    void ringsOfManyPagesAndAQueueForEachProcessor() throws Exception {
        Path disk = folder.resolve("disk.img");
        try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
            file.setLength(8L << 20);
        }
        GuestSession.Setup setup =
                DebianFiles.setup(DebianGuest.KERNEL_PACKAGE, List.of("xen-blkfront"))
                        .with(List.of(disk + ",raw,xvda,w"))
                        .with(b -> {
                            b.vcpus = 2;
                            b.maxVcpus = 2;
                            b.cmdline += " xen_blkfront.max_ring_page_order=2";
                        });
        try (GuestSession guest = GuestSession.start(setup)) {
            guest.expect(PROMPT, BOOT);
            String frontend = "/local/domain/1/device/vbd/51712/";
            assertThat(guest.node(frontend + "ring-page-order")).isEqualTo("2");
            assertThat(guest.node(frontend + "multi-queue-num-queues")).isEqualTo("2");
            assertThat(guest.node(frontend + "queue-1/ring-ref3")).matches("\\d+");
            guest.send(
                    "w() { taskset $1 dd if=/dev/urandom bs=1M count=4 2>/dev/null | tee /f$1 |"
                            + " taskset $1 dd of=/dev/xvda bs=64k seek=$2 2>/dev/null; }; w 1 0 &"
                            + " w 2 64; wait; sync; cat /f1 /f2 | md5sum; md5sum </dev/xvda;"
                            + " echo written $((6*7))");
            List<String> sums =
                    guest.expect("written 42", COMMAND)
                            .lines()
                            .filter(l -> l.matches("[0-9a-f]{32}  -"))
                            .toList();
            assertThat(sums).hasSize(2);
            assertThat(run("sh", "-c", "md5sum <" + disk).strip())
                    .isEqualTo(sums.get(0))
                    .isEqualTo(sums.get(1));
            assertThat(guest.audit()).as("wrong counts of frames").isEmpty();
        } finally {
            setup.files().kernel().close();
        }
    }

    /** Repairs {@code image} and compares its first {@code files} files with their sums. */
    private void check(Path image, int files) throws IOException, InterruptedException {
        run("/sbin/e2fsck", "-p", image.toString());
        assertThat(run("/sbin/e2fsck", "-f", "-n", image.toString())).doesNotContain("Fix?");
        Path out = Files.createDirectory(folder.resolve(image.getFileName() + ".files"));
        run("/sbin/debugfs", "-R", "rdump / " + out, image.toString());
        List<String> sums = Files.readAllLines(out.resolve("sums"));
        assertThat(sums).hasSizeGreaterThanOrEqualTo(files);
        Path safe = Files.write(out.resolve("safe"), sums.subList(0, files));
        String said = run("sh", "-c", "cd " + out + " && md5sum -c " + safe);
        assertThat(said.lines().filter(l -> l.endsWith(": OK"))).hasSize(files);
    }

    /** What the command says; ends the test unless it ends with 0 or, as e2fsck, with 1. */
    private static String run(String... command) throws IOException, InterruptedException {
        Process process =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectInput(new java.io.File("/dev/null"))
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), said).isBetween(0, 1);
        return said;
    }
}
