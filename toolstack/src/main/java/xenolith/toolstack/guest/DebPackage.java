package xenolith.toolstack.guest;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.ar.ArArchiveEntry;
import org.apache.commons.compress.archivers.ar.ArArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** A Debian package file (deb(5)): an ar archive whose member data.tar.* holds the files. */
final class DebPackage {
    /** Is shown each entry of a package. */
    @FunctionalInterface
    interface Visitor {
        /**
         * An entry.
         *
         * @param path relative to the root, without "./" and trailing slash; empty for the root
         * @param content of a regular file
         */
        void visit(String path, TarArchiveEntry entry, InputStream content) throws IOException;
    }

    private DebPackage() {}

    /** Shows the files of {@code deb} to {@code visitor}. */
    static void visit(Path deb, Visitor visitor) throws GuestException {
        try (var ar =
                new ArArchiveInputStream(
                        new BufferedInputStream(Files.newInputStream(deb), 1 << 16))) {
            for (ArArchiveEntry member; (member = ar.getNextEntry()) != null; ) {
                if (member.getName().startsWith("data.tar")) {
                    visit(unpacked(member.getName(), ar), visitor);
                    return;
                }
            }
            throw new IOException("it has no member data.tar");
        } catch (IOException e) {
            throw new GuestException(
                    "The package " + deb + " cannot be unpacked: " + e.getMessage() + ".", e);
        }
    }

    private static InputStream unpacked(String name, InputStream in) throws IOException {
        return switch (name.substring("data.tar".length())) {
            case "" -> in;
            case ".gz" -> new GZIPInputStream(in, 1 << 16);
            case ".xz" -> new XZInputStream(in);
            case ".zst" -> new ZstdInputStreamNoFinalizer(in);
            default -> throw new IOException("its member " + name + " is packed in an unknown way");
        };
    }

    private static void visit(InputStream data, Visitor visitor) throws IOException {
        var tar = new TarArchiveInputStream(new BufferedInputStream(data, 1 << 16));
        for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
            String path = entry.getName();
            while (path.startsWith("./") || path.startsWith("/")) {
                path = path.substring(path.indexOf('/') + 1);
            }
            while (path.endsWith("/")) {
                path = path.substring(0, path.length() - 1);
            }
            visitor.visit(path.equals(".") ? "" : path, entry, tar);
        }
    }
}
