package xenolith.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.image.DebianDisk;
import xenolith.toolstack.image.DiskRequest;
import xenolith.toolstack.image.FileSystemKind;

/** {@code xenolith image}: makes disks. */
@Command(
        name = "image",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        description = "Makes disks for guests.",
        subcommands = ImageCommand.Debian.class)
final class ImageCommand implements Runnable {
    @SuppressWarnings("NullAway.Init") // set by picocli
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        spec.commandLine().usage(spec.commandLine().getOut());
    }

    /** {@code xenolith image debian}. */
    @Command(
            name = "debian",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class,
            sortOptions = false,
            description = {
                "Makes a disk with a Debian system and its stock kernel, as an ordinary user, by"
                        + " mmdebstrap, fakeroot and mke2fs of this machine and from its package"
                        + " sources; prints the name of the file.",
                "A disk made before by the same options is kept and answered at once.",
                "root logs in without a password unless --password gives one."
            })
    static final class Debian implements Callable<Integer> {
        private static final String SSH_SERVER = "openssh-server";

        @Option(
                names = "--suite",
                paramLabel = "S",
                description = "The release of Debian (default: ${DEFAULT-VALUE}).",
                defaultValue = "bookworm")
        private String suite = "bookworm";

        @Option(
                names = "--size",
                paramLabel = "SIZE",
                description =
                        "The size of the disk, such as 1500M or 20G (default: ${DEFAULT-VALUE});"
                                + " the file is sparse.",
                defaultValue = "4G")
        private String size = "4G";

        @Option(
                names = "--filesystem",
                paramLabel = "ext4|btrfs",
                description = "The root file system (default: ${DEFAULT-VALUE}).",
                defaultValue = "ext4")
        private FileSystemKind fileSystem = FileSystemKind.EXT4;

        @Option(
                names = "--add",
                split = ",",
                paramLabel = "P",
                description = "More packages, such as openssh-server.")
        private List<String> packages = List.of();

        @Option(names = "--password", paramLabel = "TEXT", description = "The password of root.")
        private @Nullable String password;

        @Option(
                names = "--ssh-key",
                paramLabel = "F",
                description =
                        "A public key that may log in as root by ssh, such as id_ed25519.pub; adds"
                                + " openssh-server.")
        private @Nullable Path sshKey;

        @Option(
                names = "--hostname",
                paramLabel = "N",
                description = "The name of the machine (default: ${DEFAULT-VALUE}).",
                defaultValue = "debian")
        private String hostname = "debian";

        @Option(
                names = {"--output", "-o"},
                paramLabel = "F",
                description =
                        "Makes the disk as this file, to be changed and kept, instead of in the"
                                + " user's cache.")
        private @Nullable Path output;

        @SuppressWarnings("NullAway.Init") // set by picocli
        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws ToolException {
            PrintWriter err = spec.commandLine().getErr();
            CacheFolder cache = CacheFolder.of(System.getenv());
            DebianDisk disk =
                    output == null
                            ? DebianDisk.kept(request(), cache, err::println)
                            : DebianDisk.make(request(), output, cache, err::println);
            spec.commandLine().getOut().println(disk.disk());
            return ExitStatus.POWERED_OFF;
        }

        private DiskRequest request() throws ToolException {
            return new DiskRequest(
                    suite,
                    bytes(size),
                    fileSystem,
                    allPackages(),
                    Optional.ofNullable(password),
                    key(),
                    hostname);
        }

        /** A key is of use with a server only. */
        private List<String> allPackages() {
            boolean needsServer = sshKey != null && !packages.contains(SSH_SERVER);
            return needsServer
                    ? Stream.concat(packages.stream(), Stream.of(SSH_SERVER)).toList()
                    : packages;
        }

        private Optional<String> key() throws ToolException {
            if (sshKey == null) {
                return Optional.empty();
            }
            try {
                return Optional.of(Files.readString(sshKey));
            } catch (IOException e) {
                throw new ToolException("The key " + sshKey + " cannot be read.", e);
            }
        }

        /** Bytes of "4G", "1500M" or "2T". */
        private static long bytes(String text) throws ToolException {
            String upper = text.toUpperCase(Locale.ROOT).replaceFirst("(I?B)$", "");
            int shift = upper.isEmpty() ? -1 : "MGT".indexOf(upper.charAt(upper.length() - 1));
            String digits = shift < 0 ? "" : upper.substring(0, upper.length() - 1);
            if (!digits.matches("[0-9]{1,6}")) {
                throw new ToolException(
                        "--size is \"" + text + "\", but must be like 1500M, 4G or 1T.");
            }
            return Long.parseLong(digits) << (20 + 10 * shift);
        }
    }
}
