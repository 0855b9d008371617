package xenolith.toolstack.guest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.tukaani.xz.XZInputStream;

/**
 * Modules of a Debian kernel for a ramdisk, with all they depend on, taken from the kernel's
 * package and kept in the user's cache.
 *
 * @param version the kernel's, such as 6.1.0-31-amd64
 * @param files by path below the root, in the order in which they can be loaded
 */
record KernelModules(String version, List<File> files) {
    /**
     * A module.
     *
     * @param needs paths of those that must be loaded before
     */
    record File(String path, List<String> needs, List<String> aliases, byte[] content) {
        String name() {
            return path.substring(path.lastIndexOf('/') + 1).replaceFirst("\\.ko$", "");
        }
    }

    /** No modules. */
    static KernelModules none() {
        return new KernelModules("", List.of());
    }

    /** Gets the package if something is not in the cache. */
    @FunctionalInterface
    interface PackageSource {
        /** The file of package {@code name}. */
        Path download(String name) throws GuestException;
    }

    /** The modules {@code names} of the kernel in the file {@code kernel}, {@code vmlinuz-V}. */
    static KernelModules of(
            Path kernel, List<String> names, CacheFolder cache, PackageSource source)
            throws GuestException {
        String version = String.valueOf(kernel.getFileName()).replaceFirst("^vmlinuz-", "");
        Path folder = cache.make(kernel.resolveSibling("modules"));
        Keeper keeper = new Keeper(folder, "linux-image-" + version, cache, source);
        ModuleIndex index = keeper.index();
        for (String name : names) {
            if (!index.has(name)) {
                throw new GuestException(
                        "The package linux-image-"
                                + version
                                + " has no module "
                                + name
                                + ": it may be built into the kernel.");
            }
        }
        List<ModuleIndex.Module> wanted = index.closure(names);
        Map<String, String> paths =
                wanted.stream()
                        .collect(Collectors.toMap(ModuleIndex.Module::name, m -> plain(m.path())));
        keeper.extract(wanted);
        List<File> files = new ArrayList<>();
        for (ModuleIndex.Module m : wanted) {
            List<String> needs =
                    index.closure(m.needs()).stream()
                            .map(n -> paths.getOrDefault(n.name(), ""))
                            .toList();
            files.add(new File(plain(m.path()), needs, m.aliases(), keeper.content(m)));
        }
        return new KernelModules(version, files);
    }

    /** Without a suffix of packing: they are unpacked here. */
    private static String plain(String path) {
        return path.replaceFirst("\\.ko\\..*$", ".ko");
    }

    /** The text of modules.dep, relative to the folder of the kernel's modules. */
    String dependencies() {
        StringBuilder out = new StringBuilder();
        for (File f : files) {
            List<String> needs = new ArrayList<>(f.needs);
            java.util.Collections.reverse(needs);
            out.append(relative(f.path)).append(':');
            needs.forEach(n -> out.append(' ').append(relative(n)));
            out.append('\n');
        }
        return out.toString();
    }

    private String relative(String path) {
        String folder = "lib/modules/" + version + "/";
        int at = path.indexOf(folder);
        return at < 0 ? path : path.substring(at + folder.length());
    }

    /** The text of modules.alias. */
    String aliases() {
        StringBuilder out = new StringBuilder();
        for (File f : files) {
            f.aliases.forEach(
                    a -> out.append("alias ").append(a).append(' ').append(f.name()).append('\n'));
        }
        return out.toString();
    }

    /** What is kept of one package. */
    private record Keeper(
            Path folder, String packageName, CacheFolder cache, PackageSource source) {
        ModuleIndex index() throws GuestException {
            Path kept = folder.resolve("index");
            try {
                if (Files.exists(kept)) {
                    return ModuleIndex.of(Files.readString(kept));
                }
                ModuleIndex index = new ModuleIndex();
                DebPackage.visit(
                        source.download(packageName),
                        (path, entry, content) -> {
                            if (entry.isFile() && path.matches(".*\\.ko(\\.xz)?")) {
                                index.add(path, unpacked(path, content));
                            }
                        });
                Files.writeString(kept, index.text());
                return index;
            } catch (IOException e) {
                throw cache.unusable(kept, e);
            }
        }

        private static byte[] unpacked(String path, InputStream content) throws IOException {
            return path.endsWith(".xz")
                    ? new XZInputStream(content).readAllBytes()
                    : content.readAllBytes();
        }

        private Path kept(ModuleIndex.Module m) {
            return folder.resolve(m.name() + ".ko");
        }

        byte[] content(ModuleIndex.Module m) throws GuestException {
            try {
                return Files.readAllBytes(kept(m));
            } catch (IOException e) {
                throw cache.unusable(kept(m), e);
            }
        }

        void extract(List<ModuleIndex.Module> modules) throws GuestException {
            Map<String, ModuleIndex.Module> missing =
                    modules.stream()
                            .filter(m -> !Files.exists(kept(m)))
                            .collect(Collectors.toMap(ModuleIndex.Module::path, m -> m));
            if (missing.isEmpty()) {
                return;
            }
            DebPackage.visit(
                    source.download(packageName),
                    (path, entry, content) -> {
                        ModuleIndex.Module m = missing.get(path);
                        if (m != null) {
                            Path part = Files.createTempFile(folder, "module", ".part");
                            Files.write(part, unpacked(path, content));
                            Files.move(part, kept(m), StandardCopyOption.ATOMIC_MOVE);
                        }
                    });
        }
    }
}
