package xenolith.toolstack.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.codec.digest.Sha2Crypt;
import xenolith.toolstack.guest.GuestException;

/**
 * A file system made of an archive without mounting, by the file system's own mkfs, with the owners
 * that {@link Ownership} makes possible.
 */
final class FileSystemMaker {
    /**
     * Arguments: the folder to work in, the archives of the system and of the files that differ,
     * the password field of root (shadow(5)), options of tar, and the command that makes the file
     * system. Device nodes are left out: only root may make them, and the kernel mounts its own
     * /dev.
     */
    private static final String SCRIPT =
            """
            set -eu
            work=$1 system=$2 files=$3 password=$4 attributes=$5
            shift 5
            mkdir "$work/root"
            trap 'rm -rf "$work/root"' EXIT
            # shellcheck disable=SC2086
            tar --extract --numeric-owner $attributes --anchored --exclude './dev/*' \\
                --directory "$work/root" --file "$system"
            tar --extract --numeric-owner --directory "$work/root" --file "$files"
            sed -i "s|^root:[^:]*:|root:$password:|" "$work/root/etc/shadow"
            mkdir "$work/boot"
            cp "$work/root/vmlinuz" "$work/root/initrd.img" "$work/boot"
            "$@" >&2
            """;

    private final DiskRequest request;
    private final Path work;
    private final Ownership ownership;

    FileSystemMaker(DiskRequest request, Path work, Ownership ownership) {
        this.request = request;
        this.work = work;
        this.ownership = ownership;
    }

    /** Says what is missing before anything is begun. */
    static void check(FileSystemKind kind) throws GuestException {
        Tool.need(kind.tool(), kind.toolPackage());
        Tool.need("tar", "tar");
        Ownership.here();
    }

    /**
     * Writes the file system to the partition of {@code disk}; kernel and ramdisk of the system are
     * left below {@code work} as boot/vmlinuz and boot/initrd.img.
     */
    void make(Path system, Path files, Path disk) throws GuestException, IOException {
        Path script = Files.writeString(work.resolve("make"), SCRIPT);
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                script.toString(),
                                work.toString(),
                                system.toString(),
                                files.toString(),
                                request.password().map(FileSystemMaker::hashed).orElse(""),
                                ownership.tarOptions()));
        arguments.addAll(command(disk));
        ownership.run(arguments);
    }

    /** As crypt(5) keeps it: SHA-512 with a random salt. */
    private static String hashed(String password) {
        return Sha2Crypt.sha512Crypt(password.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }

    private List<String> command(Path disk) throws GuestException {
        String root = work.resolve("root").toString();
        String uuid = request.fileSystemUuid().toString();
        long kib = (request.bytes() - PartitionTable.FIRST_BYTE) >> 10;
        String program =
                Tool.need(request.fileSystem().tool(), request.fileSystem().toolPackage())
                        .program()
                        .toString();
        return switch (request.fileSystem()) {
            // GRUB 2.06 cannot read metadata_csum_seed; all tables are there, so that no guest
            // begins with writing them.
            case EXT4 ->
                    List.of(
                            program,
                            "-q",
                            "-F",
                            "-t",
                            "ext4",
                            "-O",
                            "^metadata_csum_seed",
                            "-U",
                            uuid,
                            "-E",
                            "offset="
                                    + PartitionTable.FIRST_BYTE
                                    + ",lazy_itable_init=0,lazy_journal_init=0",
                            "-d",
                            root,
                            disk.toString(),
                            kib + "k");
            // It knows no offset: made in a file of its own, then moved behind the first MiB.
            case BTRFS ->
                    List.of(
                            "sh",
                            "-c",
                            "truncate -s \"$4\" \"$3.part\" && \"$1\" -q -U \"$5\" --rootdir \"$2\""
                                    + " \"$3.part\" && dd if=\"$3.part\" of=\"$3\" bs=1M seek=1"
                                    + " conv=sparse,notrunc status=none && rm \"$3.part\"",
                            "btrfs",
                            program,
                            root,
                            disk.toString(),
                            kib + "K",
                            uuid);
        };
    }
}
