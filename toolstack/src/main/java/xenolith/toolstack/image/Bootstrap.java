package xenolith.toolstack.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import xenolith.toolstack.guest.GuestException;

/** Gets Debian's packages and installs them into a folder, which becomes a tar archive. */
final class Bootstrap {
    private static final String MMDEBSTRAP = "mmdebstrap";
    private static final String DEBOOTSTRAP = "debootstrap";

    private final DiskRequest request;
    private final List<String> sources;
    private final Consumer<String> progress;

    Bootstrap(DiskRequest request, List<String> sources, Consumer<String> progress) {
        this.request = request;
        this.sources = List.copyOf(sources);
        this.progress = progress;
    }

    /** Says what is missing before anything is begun. */
    static void check() throws GuestException {
        if (Tool.find(MMDEBSTRAP).isEmpty() && !(isRoot() && Tool.find(DEBOOTSTRAP).isPresent())) {
            Tool.need(MMDEBSTRAP, MMDEBSTRAP + " uidmap");
        }
        if (Tool.find(MMDEBSTRAP).isPresent()) {
            needRights();
        }
    }

    static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** Makes {@code tar}, uncompressed; {@code work} is a folder for files on the way. */
    void make(Path tar, Path work) throws GuestException, IOException {
        Optional<Tool> mmdebstrap = Tool.find(MMDEBSTRAP);
        if (mmdebstrap.isPresent()) {
            byMmdebstrap(mmdebstrap.get(), tar, work);
        } else {
            byDebootstrap(Tool.need(DEBOOTSTRAP, DEBOOTSTRAP), tar, work);
        }
    }

    private String packages() {
        return String.join(
                ",",
                Stream.of(
                                DiskRequest.BASE_PACKAGES,
                                List.of(request.fileSystem().toolPackage()),
                                request.packages())
                        .flatMap(List::stream)
                        .distinct()
                        .toList());
    }

    /**
     * As root, in a user namespace or under fakechroot, whichever works here: mmdebstrap knows.
     * Documentation and translations stay: a guest is a full system.
     */
    private void byMmdebstrap(Tool tool, Path tar, Path work) throws GuestException, IOException {
        Path list = Files.write(work.resolve("sources.list"), sources);
        List<String> arguments = new ArrayList<>();
        arguments.add("--variant=minbase");
        arguments.add("--architectures=amd64");
        arguments.add("--format=tar");
        arguments.add("--include=" + packages());
        arguments.add(request.suite());
        arguments.add(tar.toString());
        arguments.add(list.toString());
        tool.run(arguments, this::tell);
    }

    /** Without root it takes one of two ways to be root of a folder. */
    private static void needRights() throws GuestException {
        if (!isRoot() && Tool.find("newuidmap").isEmpty() && Tool.find("fakechroot").isEmpty()) {
            throw new GuestException(
                    "Without root, mmdebstrap takes a user namespace (the package uidmap, and a"
                            + " line for this user in /etc/subuid and /etc/subgid) or the package"
                            + " fakechroot: 'apt-get install uidmap', then try again.");
        }
    }

    /** mmdebstrap's own lines, without those of the programs it runs. */
    private void tell(String line) {
        if (line.startsWith("I: ") && line.endsWith("...")) {
            String text = line.substring("I: ".length());
            progress.accept("  " + text.substring(0, text.length() - 3).strip() + " ...");
        }
    }

    /** debootstrap knows one source only: the first. */
    private void byDebootstrap(Tool tool, Path tar, Path work) throws GuestException {
        Path root = work.resolve("debootstrap");
        String[] source = sources.get(0).replaceFirst("\\[.*\\] ", "").split(" ", -1);
        progress.accept("  debootstrap: getting and installing packages ...");
        tool.run(
                List.of(
                        "--arch=amd64",
                        "--variant=minbase",
                        "--include=" + packages(),
                        request.suite(),
                        root.toString(),
                        source[1]),
                line -> {});
        Tool.need("tar", "tar")
                .run(
                        List.of(
                                "--create",
                                "--numeric-owner",
                                "--one-file-system",
                                "--xattrs",
                                "--xattrs-include=security.capability",
                                "--file",
                                tar.toString(),
                                "--directory",
                                root.toString(),
                                "."),
                        line -> {});
    }
}
