package xenolith.cli;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.xl.BootFiles;

/** Debian's kernel and busybox for tests, from the user's cache or this machine's apt. */
final class DebianFiles {
    /** If set, as in continuous integration, a guest that cannot be got is a failure. */
    private static final String REQUIRE = "XENOLITH_REQUIRE_GUESTS";

    private DebianFiles() {}

    /** How Debian's kernel {@code kernelPackage} is booted; the caller closes its image. */
    static GuestSession.Setup setup(String kernelPackage) throws ToolException {
        return setup(kernelPackage, List.of());
    }

    /** As {@link #setup(String)}, with {@code modules} of the kernel loaded. */
    static GuestSession.Setup setup(String kernelPackage, List<String> modules)
            throws ToolException {
        CacheFolder cache = CacheFolder.of(System.getenv());
        DebianGuest debian = new DebianGuest(cache, line -> {});
        try {
            KernelImage kernel =
                    KernelImage.open(debian.kernel(kernelPackage), UnpackCache.in(cache.kernels()));
            byte[] ramdisk = debian.ramdisk(List.of(), kernelPackage, modules);
            BootFiles files = new BootFiles(kernel, Ramdisk.of(ramdisk), "vmlinuz", "");
            return new GuestSession.Setup(
                    DomainSpec.defaults().withCmdline(DebianGuest.COMMAND_LINE),
                    files,
                    1,
                    HostConfig.TimeMode.HOST,
                    EngineKind.standard(),
                    Duration.ofMinutes(5),
                    List.of());
        } catch (ToolException e) {
            if (System.getenv(REQUIRE) != null) {
                throw e;
            }
            return Assumptions.abort("Debian's guest cannot be had here: " + e.getMessage());
        }
    }
}
