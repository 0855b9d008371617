package xenolith.toolstack.image;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import xenolith.toolstack.guest.Apt;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.GuestException;

/**
 * A disk with a Debian system, and its kernel and ramdisk beside it for those who boot it directly.
 *
 * @param disk a raw image: one partition with the root file system; sparse
 * @param kernel a bzImage
 * @param ramdisk made by the guest's own initramfs-tools
 */
public record DebianDisk(Path disk, Path kernel, Path ramdisk) {
    /** Unpacked twice and once as an archive. */
    private static final long ROOM = 3L << 30;

    private static DebianDisk at(Path disk) {
        String name = String.valueOf(disk.getFileName());
        return new DebianDisk(
                disk,
                disk.resolveSibling(name + ".vmlinuz"),
                disk.resolveSibling(name + ".initrd"));
    }

    /** The disk of {@code request} in {@code cache}, made if it is not there yet. */
    public static DebianDisk kept(DiskRequest request, CacheFolder cache, Consumer<String> progress)
            throws GuestException {
        request.check();
        String name = "debian-" + request.suite() + "-" + request.hash() + ".img";
        DebianDisk disk = at(cache.path().resolve("images").resolve(name));
        if (!disk.isThere()) {
            disk.make(request, cache, progress);
        }
        return disk;
    }

    /** Makes the disk of {@code request} as the file {@code output}, which must not exist. */
    public static DebianDisk make(
            DiskRequest request, Path output, CacheFolder cache, Consumer<String> progress)
            throws GuestException {
        request.check();
        if (Files.exists(output)) {
            throw new GuestException(
                    "There is a file " + output + " already: remove it, or name another --output.");
        }
        DebianDisk disk = at(output.toAbsolutePath());
        disk.make(request, cache, progress);
        return disk;
    }

    /** The disk {@code disk}, if its kernel and ramdisk lie beside it as this room leaves them. */
    public static Optional<DebianDisk> beside(Path disk) {
        DebianDisk whole = at(disk.toAbsolutePath());
        return whole.isThere() ? Optional.of(whole) : Optional.empty();
    }

    /** The command line for its kernel where its first partition is {@code partition}. */
    public static String commandLine(String partition) {
        return "root=/dev/" + partition + " " + RootFiles.KERNEL_OPTIONS;
    }

    /** Whether {@code sector}, the first of a disk, has a partition table. */
    public static boolean isPartitioned(byte[] sector) {
        return PartitionTable.isIn(sector);
    }

    /** The disk comes last: it is complete when it is there. */
    private boolean isThere() {
        return Files.isRegularFile(disk) && Files.isReadable(kernel) && Files.isReadable(ramdisk);
    }

    private void make(DiskRequest request, CacheFolder cache, Consumer<String> progress)
            throws GuestException {
        Bootstrap.check();
        FileSystemMaker.check(request.fileSystem());
        Path folder = disk.toAbsolutePath().getParent();
        if (folder == null) {
            throw new GuestException("A disk cannot be made at " + disk + ".");
        }
        long begun = System.nanoTime();
        try {
            Files.createDirectories(folder);
            needRoom(folder);
            List<String> sources = new Apt(cache, progress).sources(request.suite());
            Path work = Files.createTempDirectory(folder, ".making-");
            try {
                make(request, sources, work, progress);
            } finally {
                remove(work);
            }
        } catch (IOException e) {
            throw new GuestException(
                    "The disk " + disk + " cannot be written: " + e.getMessage() + ".", e);
        }
        progress.accept(
                "Made "
                        + disk
                        + " in "
                        + Duration.ofNanos(System.nanoTime() - begun).toSeconds()
                        + " s.");
    }

    private void make(
            DiskRequest request, List<String> sources, Path work, Consumer<String> progress)
            throws GuestException, IOException {
        progress.accept(
                "Making a disk with Debian " + request.suite() + "; this takes some minutes ...");
        Path system = work.resolve("system.tar");
        new Bootstrap(request, sources, progress).make(system, work);
        Path files = work.resolve("files.tar");
        RootFiles.of(request, sources).write(files);
        progress.accept("  making the file system ...");
        Path raw = work.resolve("disk");
        try (RandomAccessFile file = new RandomAccessFile(raw.toFile(), "rw")) {
            file.setLength(request.bytes());
            file.write(
                    PartitionTable.sector(
                            request.bytes(),
                            (int) request.fileSystemUuid().getLeastSignificantBits()));
        }
        new FileSystemMaker(request, work, Ownership.here()).make(system, files, raw);
        Path boot = work.resolve("boot");
        move(boot.resolve("vmlinuz"), kernel);
        move(boot.resolve("initrd.img"), ramdisk);
        move(raw, disk);
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void needRoom(Path folder) throws IOException, GuestException {
        long usable = Files.getFileStore(folder).getUsableSpace();
        if (usable < ROOM) {
            throw new GuestException(
                    "To make a disk takes "
                            + (ROOM >> 20)
                            + " MiB on the file system of "
                            + folder
                            + ", which has "
                            + (usable >> 20)
                            + " MiB: make room, or name another place by --output or"
                            + " XDG_CACHE_HOME.");
        }
    }

    private static void remove(Path folder) throws IOException {
        Files.walkFileTree(
                folder,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                            throws IOException {
                        Files.delete(file);
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult postVisitDirectory(
                            Path dir, java.io.@org.jspecify.annotations.Nullable IOException e)
                            throws IOException {
                        Files.delete(dir);
                        return FileVisitResult.CONTINUE;
                    }
                });
    }
}
