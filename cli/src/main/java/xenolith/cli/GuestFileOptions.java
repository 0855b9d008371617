package xenolith.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import xenolith.testkit.Demo;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.xl.BootFiles;

/** What a guest boots from on the command line: named files, Debian's packages, or the demo. */
final class GuestFileOptions {
    private static final String DEMO = "demo";

    /** What a kernel needs beside its ramdisk. */
    private static final long KERNEL_MIB = 96;

    @Option(
            names = "--kernel",
            paramLabel = "F",
            description = "The kernel: a bzImage or an ELF file; 'demo' is a small built-in guest.")
    private @Nullable String kernel;

    @Option(names = "--ramdisk", paramLabel = "F", description = "The initial ramdisk.")
    private @Nullable Path ramdisk;

    @Option(
            names = "--append",
            paramLabel = "TEXT",
            description = "Text behind the kernel's command line.")
    private @Nullable String append;

    @Option(
            names = "--package",
            paramLabel = "P",
            description =
                    "The kernel package of Debian (default: ${DEFAULT-VALUE}), such as"
                            + " linux-image-cloud-amd64.",
            defaultValue = DebianGuest.KERNEL_PACKAGE)
    private String kernelPackage = DebianGuest.KERNEL_PACKAGE;

    @Option(
            names = "--add",
            split = ",",
            paramLabel = "P",
            description =
                    "Packages of Debian to put into the ramdisk with all they depend on, such as"
                            + " bash,perl.")
    private List<String> packages = List.of();

    @Option(
            names = "--modules",
            split = ",",
            paramLabel = "M",
            description =
                    "Modules of the kernel to put into the ramdisk with all they depend on, and to"
                            + " load, such as xen-blkfront,ext4.")
    private List<String> modules = List.of();

    /**
     * What was opened for a guest.
     *
     * @param domain with the command line that belongs to these files, if it had none
     * @param ownRamdisk whether the ramdisk is one of ours, whose first program hears of the
     *     terminal
     */
    record Opened(DomainSpec domain, BootFiles files, boolean ownRamdisk) implements AutoCloseable {
        @Override
        public void close() {
            files.close();
        }
    }

    /** Whether any of a kernel, its package, packages or modules is named. */
    boolean any() {
        return kernel != null
                || !kernelPackage.equals(DebianGuest.KERNEL_PACKAGE)
                || !packages.isEmpty()
                || !modules.isEmpty();
    }

    /** {@code domain} with the files that are named here. */
    DomainSpec addTo(DomainSpec domain) {
        DomainSpec with = domain;
        if (kernel != null && !kernel.equals(DEMO)) {
            with = with.withKernel(Path.of(kernel));
        }
        if (ramdisk != null) {
            with = with.withRamdisk(ramdisk);
        }
        return with;
    }

    /** Opens, gets or makes what {@code domain} boots from. */
    Opened open(DomainSpec domain, PrintWriter err) throws ToolException {
        CacheFolder cache = CacheFolder.of(System.getenv());
        DebianGuest debian = new DebianGuest(cache, err::println);
        boolean debianKernel =
                domain.kernel().isEmpty() && !DEMO.equals(kernel) && domain.bootloader().isEmpty();
        boolean made =
                domain.ramdisk().isEmpty()
                        && (debianKernel || !packages.isEmpty() || !modules.isEmpty());
        // a file that is named wrongly is told of before anything is fetched
        Ramdisk disk = named(domain);
        Opened opened = null;
        try {
            KernelImage image = kernel(domain, debian, cache);
            try {
                image.warnings().forEach(err::println);
                if (made) {
                    disk = Ramdisk.of(debian.ramdisk(packages, kernelPackage, modules));
                    tellIfLarge(disk.length(), domain.memoryMib(), err);
                }
                String name = domain.ramdisk().map(Path::toString).orElse("");
                BootFiles files = new BootFiles(image, disk, image.elf().name(), name);
                boolean plain = domain.cmdline().isEmpty() && debianKernel;
                String line = plain ? DebianGuest.COMMAND_LINE : domain.cmdline();
                opened = new Opened(domain.withCmdline(line), files, made);
                return opened;
            } finally {
                if (opened == null) {
                    image.close();
                }
            }
        } finally {
            if (opened == null) {
                disk.close();
            }
        }
    }

    private static Ramdisk named(DomainSpec domain) throws ToolException {
        return domain.ramdisk().isPresent() ? Ramdisk.read(domain.ramdisk().get()) : Ramdisk.none();
    }

    private KernelImage kernel(DomainSpec domain, DebianGuest debian, CacheFolder cache)
            throws ToolException {
        UnpackCache unpacked = UnpackCache.in(cache.kernels());
        if (DEMO.equals(kernel)) {
            return KernelImage.of(Demo.image(), "the built-in guest", unpacked);
        }
        Path path =
                domain.kernel().isPresent()
                        ? domain.kernel().get()
                        : domain.bootloader().isPresent()
                                ? debian.grub()
                                : debian.kernel(kernelPackage);
        return KernelImage.open(path, unpacked);
    }

    /** Linux holds it twice while it unpacks it, into a file system of half of its memory. */
    private static void tellIfLarge(long ramdisk, long memoryMib, PrintWriter err) {
        long mib = ramdisk >> 20;
        long enough = 3 * mib + KERNEL_MIB;
        if (memoryMib < enough) {
            err.printf(
                    Locale.ROOT,
                    "The ramdisk has %d MiB: with %d MiB of memory the guest may not find room for"
                            + " all of it; --memory %d is enough.%n",
                    mib,
                    memoryMib,
                    enough);
        }
    }

    /** The kernel's command line, with {@code environment} for its first program if not empty. */
    String commandLine(DomainSpec domain, String environment) {
        return Stream.of(domain.cmdline(), environment, append == null ? "" : append)
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(" "));
    }
}
