package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.CpioWriter;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.xl.BootFiles;

/**
 * Debian's GRUB for Xen, which rebuilds the page tables of all its memory, loads a kernel from a
 * memory disk and starts it in its own place.
 */
class GrubGuestIT {
    private static final Duration LOAD = Duration.ofMinutes(4);
    private static final Duration COMMAND = Duration.ofMinutes(1);

    /** A package of Debian with GRUB's modules for Xen; the program is in grub-common. */
    private static final Path MODULES = Path.of("/usr/lib/grub/x86_64-xen");

    private static final String MENU =
            """
            set timeout=0
            menuentry "Debian" {
                linux (memdisk)/vmlinuz %s
                initrd (memdisk)/initrd
            }
            """
                    .formatted(DebianGuest.COMMAND_LINE);

    @TempDir private Path folder;

    @Test
    void loadsAndStartsDebiansKernel() throws ToolException, IOException, InterruptedException {
        GuestSession.Setup setup = DebianFiles.setup(DebianGuest.KERNEL_PACKAGE);
        setup.files().close();
        try (KernelImage grub = grub();
                GuestSession guest = GuestSession.start(with(setup, grub))) {
            guest.expect("Booting `Debian'", LOAD);
            guest.expect("Linux version", LOAD);
            guest.expect("~ # ", LOAD);
            assertThat(guest.audit()).as("wrong counts of frames").isEmpty();
            guest.send("cat /proc/cmdline");
            assertThat(guest.expect("~ # ", COMMAND)).contains("rdinit=/init");
            guest.send("poweroff -f");
            assertThat(guest.end(COMMAND)).isEqualTo(Ending.POWERED_OFF);
        }
    }

    private static GuestSession.Setup with(GuestSession.Setup setup, KernelImage grub) {
        return new GuestSession.Setup(
                setup.domain().withCmdline("").withMemoryMib(384),
                new BootFiles(grub, Ramdisk.none(), "grub", ""),
                setup.seed(),
                setup.time(),
                setup.engine(),
                Duration.ofMinutes(10),
                List.of());
    }

    /** GRUB with a memory disk that holds menu, kernel and ramdisk. */
    private KernelImage grub() throws ToolException, IOException, InterruptedException {
        boolean there = Files.isDirectory(MODULES);
        if (!there && System.getenv("XENOLITH_REQUIRE_GUESTS") != null) {
            throw new ToolException("The packages grub-common and grub-xen-bin are not installed.");
        }
        Assumptions.assumeTrue(there, "grub-common and grub-xen-bin are not installed");
        CacheFolder cache = CacheFolder.of(System.getenv());
        DebianGuest debian = new DebianGuest(cache, line -> {});
        CpioWriter disk = new CpioWriter();
        disk.file("boot/grub/grub.cfg", 0644, MENU.getBytes(StandardCharsets.UTF_8));
        disk.file("vmlinuz", 0644, Files.readAllBytes(debian.kernel(DebianGuest.KERNEL_PACKAGE)));
        disk.file("initrd", 0644, debian.ramdisk(List.of()));
        Path memdisk = Files.write(folder.resolve("memdisk"), disk.finish());
        Path image = folder.resolve("grub.bin");
        Process make =
                new ProcessBuilder(
                                "grub-mkimage",
                                "-O",
                                "x86_64-xen",
                                "-m",
                                memdisk.toString(),
                                "-p",
                                "(memdisk)/boot/grub",
                                "-o",
                                image.toString(),
                                "memdisk",
                                "newc",
                                "normal",
                                "linux",
                                "xzio")
                        .inheritIO()
                        .start();
        assertThat(make.waitFor()).isZero();
        return KernelImage.open(image, UnpackCache.in(cache.kernels()));
    }
}
