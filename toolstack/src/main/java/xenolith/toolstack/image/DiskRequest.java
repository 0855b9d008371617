package xenolith.toolstack.image;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import xenolith.toolstack.guest.GuestException;

/**
 * What a Debian disk shall be. Equal requests have equal {@link #hash}es, by which images are kept.
 *
 * @param suite a release of Debian, such as "bookworm"
 * @param bytes size of the whole disk, a multiple of 1 MiB, at least {@link #LEAST_BYTES}
 * @param packages added to {@link #BASE_PACKAGES}
 * @param password of root; none: root logs in without
 * @param sshKey a line for root's authorized_keys
 */
public record DiskRequest(
        String suite,
        long bytes,
        FileSystemKind fileSystem,
        List<String> packages,
        Optional<String> password,
        Optional<String> sshKey,
        String hostname) {
    /** Debian with kernel and modules needs some 0.7 GiB; the rest is room to work. */
    public static final long LEAST_BYTES = 1L << 30;

    /** What everyone expects behind a login, beside the essential packages and apt. */
    static final List<String> BASE_PACKAGES =
            List.of(
                    "linux-image-amd64",
                    "initramfs-tools",
                    "zstd",
                    "systemd-sysv",
                    "systemd-resolved",
                    "dbus",
                    "udev",
                    "kmod",
                    "procps",
                    "iproute2",
                    "iputils-ping",
                    "netbase",
                    "ca-certificates",
                    "less",
                    "nano");

    /** Counted up when the same request shall give another disk. */
    private static final int RECIPE = 1;

    private static final Pattern SUITE = Pattern.compile("[a-z][a-z0-9-]*");
    private static final Pattern PACKAGE = Pattern.compile("[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?");
    private static final Pattern HOSTNAME =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?");
    private static final long MIB = 1L << 20;

    public DiskRequest {
        packages = List.copyOf(packages);
    }

    /** What {@code xenolith image debian} makes where nothing is said. */
    public static DiskRequest defaults() {
        return new DiskRequest(
                "bookworm",
                4L << 30,
                FileSystemKind.EXT4,
                List.of(),
                Optional.empty(),
                Optional.empty(),
                "debian");
    }

    /** Says what of it cannot be. */
    void check() throws GuestException {
        if (!SUITE.matcher(suite).matches()) {
            throw new GuestException(
                    "\""
                            + suite
                            + "\" is no name of a Debian release; such names are bookworm, trixie.");
        }
        for (String name : packages) {
            if (!PACKAGE.matcher(name).matches()) {
                throw new GuestException("\"" + name + "\" is no name of a Debian package.");
            }
        }
        if (bytes < LEAST_BYTES || bytes > 2048L << 30) {
            throw new GuestException(
                    "A disk of "
                            + (bytes >> 20)
                            + " MiB cannot be made: name a --size from "
                            + (LEAST_BYTES >> 30)
                            + "G to 2048G.");
        }
        if (bytes % MIB != 0) {
            throw new GuestException("The size of a disk is a multiple of 1 MiB.");
        }
        if (hostname.length() > 63 || !HOSTNAME.matcher(hostname).matches()) {
            throw new GuestException(
                    "\""
                            + hostname
                            + "\" is no host name: letters, digits and hyphens, at most 63.");
        }
        if (sshKey.isPresent() && sshKey.get().strip().lines().count() != 1) {
            throw new GuestException("An ssh key for root is one line, such as of id_ed25519.pub.");
        }
    }

    /** Twelve hexadecimal digits that tell this request from others. */
    public String hash() {
        return HexFormat.of().formatHex(digest(), 0, 6);
    }

    /** The command line of the kernel on such a disk, when it is booted directly. */
    public String commandLine() {
        return "root=UUID=" + fileSystemUuid() + " " + RootFiles.KERNEL_OPTIONS;
    }

    /** The identity of its root file system. */
    UUID fileSystemUuid() {
        return UUID.nameUUIDFromBytes(digest());
    }

    private byte[] digest() {
        String text =
                String.join(
                        "\n",
                        Integer.toString(RECIPE),
                        suite,
                        Long.toString(bytes),
                        fileSystem.toString(),
                        String.join(",", packages.stream().sorted().distinct().toList()),
                        password.map(p -> "password " + p).orElse("none"),
                        sshKey.map(String::strip).orElse("none"),
                        hostname);
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
