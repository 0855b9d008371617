package xenolith.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import xenolith.toolstack.guest.Apt;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.CpioWriter;
import xenolith.toolstack.guest.GuestException;

/**
 * Real Xen 4.17 with a Debian domain 0 in QEMU, made of Debian's packages without any rights: QEMU
 * loads the hypervisor as a multiboot kernel, domain 0 lives in its ramdisk, which also holds the
 * guest's kernel and ramdisk.
 */
final class RealXen {
    private static final List<String> PACKAGES =
            List.of("xen-hypervisor-4.17-amd64", "xen-utils-4.17");
    private static final int DOM0_MIB = 1400;

    /** What Xen itself needs of the machine. */
    private static final int XEN_MIB = 276;

    private final SuiteFiles files;

    RealXen(SuiteFiles files) {
        this.files = files;
    }

    /** The rival; {@code line} is the guest's command line. */
    Rival rival(Path kernel, Path ramdisk, String line, int memoryMib, String cpu)
            throws IOException, InterruptedException, GuestException {
        Path base = files.base(PACKAGES);
        Path tree = files.unpacked(base);
        Path target = base.resolveSibling("dom0.cpio");
        Path xen = base.resolveSibling("xen");
        try (InputStream packed = Files.newInputStream(tree.resolve("boot/xen-4.17-amd64.gz"));
                GZIPInputStream in = new GZIPInputStream(packed);
                OutputStream out = Files.newOutputStream(xen)) {
            in.transferTo(out);
        }
        CpioWriter cpio = new CpioWriter();
        for (Path module : modules(kernel)) {
            cpio.file("dom0/" + module.getFileName(), 0644, Files.readAllBytes(module));
        }
        cpio.file("dom0/init", 0755, Files.readAllBytes(files.source("xen/init")));
        cpio.file(
                "dom0/guest.cfg",
                0644,
                configuration(line, memoryMib).getBytes(StandardCharsets.US_ASCII));
        cpio.file("dom0/vmlinuz", 0644, Files.readAllBytes(kernel));
        cpio.file("dom0/ramdisk", 0644, Files.readAllBytes(ramdisk));
        try (OutputStream out = Files.newOutputStream(target)) {
            Files.copy(base, out);
            out.write(cpio.finish());
        }
        int all = DOM0_MIB + memoryMib + XEN_MIB;
        String modules =
                kernel
                        + " console=hvc0 rdinit=/dom0/init mitigations=off quiet loglevel=1,"
                        + target;
        return new Rival(
                Rival.XEN,
                Qemu.tcg(
                        all,
                        xen.toString(),
                        modules,
                        "dom0_mem=%1$dM,max:%1$dM console=com1 com1=115200,8n1".formatted(DOM0_MIB),
                        List.of("-cpu", cpu)),
                all);
    }

    private static String configuration(String line, int memoryMib) {
        return """
        name = "suite"
        type = "pv"
        kernel = "/dom0/vmlinuz"
        ramdisk = "/dom0/ramdisk"
        extra = "%s"
        memory = %d
        vcpus = 1
        on_reboot = "destroy"
        on_crash = "destroy"
        """
                .formatted(line, memoryMib);
    }

    /** The modules by which domain 0 speaks with Xen, out of the kernel's package. */
    private List<Path> modules(Path kernel)
            throws IOException, InterruptedException, GuestException {
        Path folder = files.target().resolve("modules-" + kernel.getFileName());
        if (!Files.isDirectory(folder)) {
            String packageName =
                    Optional.ofNullable(kernel.toAbsolutePath().getParent())
                            .map(p -> p.getFileName().toString())
                            .filter(n -> n.matches("linux-image-.*_.*"))
                            .map(n -> n.substring(0, n.indexOf('_')))
                            .orElseThrow(() ->
                                    new GuestException(
                                            "For real Xen the kernel must be one of Debian's"
                                                    + " packages, whose modules domain 0 needs;"
                                                    + " leave out --kernel or --with-xen."));
            Path deb =
                    new Apt(CacheFolder.of(System.getenv()), System.err::println)
                            .download(packageName);
            Path part = Files.createTempDirectory(files.target(), "modules");
            List<String> command =
                    List.of(
                            "sh",
                            "-c",
                            "dpkg-deb --fsys-tarfile \"$1\" | tar -x -C \"$2\" --wildcards"
                                    + " '*/kernel/drivers/xen/*'",
                            "sh",
                            deb.toString(),
                            part.toString());
            SuiteFiles.run(command, "unpack the modules of " + packageName);
            Files.move(part, folder);
            Files.delete(deb);
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(f -> f.toString().endsWith(".ko")).sorted().toList();
        }
    }
}
