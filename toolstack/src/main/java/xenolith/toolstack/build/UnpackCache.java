package xenolith.toolstack.build;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Unpacked kernels on disk, each named by the SHA-256 of the packed file, so that a kernel is
 * unpacked once on a machine.
 */
public final class UnpackCache {
    private final Optional<Path> folder;

    private UnpackCache(Optional<Path> folder) {
        this.folder = folder;
    }

    /** A cache in {@code folder}, which is made when first needed. */
    public static UnpackCache in(Path folder) {
        return new UnpackCache(Optional.of(folder));
    }

    /** No cache: each kernel is unpacked in memory. */
    public static UnpackCache none() {
        return new UnpackCache(Optional.empty());
    }

    /** Writes the unpacked image. */
    @FunctionalInterface
    interface Writer {
        void write(java.io.OutputStream out) throws IOException, BuildException;
    }

    /** The file named {@code digest}, if it was kept. */
    Optional<Path> find(String digest) {
        return folder.map(f -> f.resolve(digest + ".elf")).filter(Files::isReadable);
    }

    /**
     * Keeps what {@code writer} writes as {@code digest}.
     *
     * @return the file, or empty if this cache cannot be written to; then nothing was written
     */
    Optional<Path> keep(String digest, Writer writer) throws IOException, BuildException {
        if (folder.isEmpty()) {
            return Optional.empty();
        }
        Path temporary;
        try {
            Files.createDirectories(folder.get());
            temporary = Files.createTempFile(folder.get(), "unpack", ".part");
        } catch (IOException e) {
            return Optional.empty();
        }
        try {
            try (var out =
                    new java.io.BufferedOutputStream(Files.newOutputStream(temporary), 1 << 16)) {
                writer.write(out);
            }
            Path kept = folder.get().resolve(digest + ".elf");
            Files.move(temporary, kept, StandardCopyOption.ATOMIC_MOVE);
            return Optional.of(kept);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }
}
