package xenolith.toolstack.guest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The user's cache: packages got and kernels unpacked. It may be deleted at any time.
 *
 * @param path $XDG_CACHE_HOME/xenolith, or ~/.cache/xenolith
 */
public record CacheFolder(Path path) {
    /** The folder by the XDG base directory rules; relative values of the variable are ignored. */
    public static CacheFolder of(Map<String, String> environment) {
        String xdg = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path base =
                xdg.startsWith("/")
                        ? Path.of(xdg)
                        : Path.of(System.getProperty("user.home", "/tmp"), ".cache");
        return new CacheFolder(base.resolve("xenolith"));
    }

    /** Where unpacked kernels are kept. */
    public Path kernels() {
        return path.resolve("kernels");
    }

    /** Where unpacked packages are kept. */
    public Path packages() {
        return path.resolve("packages");
    }

    /** The folder {@code folder} of this cache, made if it was not there. */
    Path make(Path folder) throws GuestException {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw unusable(folder, e);
        }
    }

    GuestException unusable(Path where, IOException e) {
        return new GuestException(
                "The cache "
                        + where
                        + " cannot be used ("
                        + e.getClass().getSimpleName()
                        + ": "
                        + e.getMessage()
                        + "). Repair or remove it, or name another place by XDG_CACHE_HOME.",
                e);
    }
}
