package xenolith.toolstack.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.disk.Disks;

/**
 * Reads a disk in the syntax of xl-disk-configuration(5): parts between commas, either key=value or
 * in the order target, format, vdev, access; {@code target=} takes all that follows. The old
 * prefixes of targets are read, too. One key is not xl's: with {@code in-memory} the image is only
 * read, and what the guest writes is gone with the domain.
 */
public final class DiskReader {
    private static final Pattern PREFIX =
            Pattern.compile(
                    "(raw|qcow2?|vhd|qed|file|phy|tapdisk|aio|ioemu|tap2?):(.*)", Pattern.DOTALL);

    private static final Pattern KEY = Pattern.compile("([a-z-]+)(?:=(.*))?", Pattern.DOTALL);

    private static final Set<String> BACKENDS = Set.of("phy", "tap", "qdisk", "standalone");

    /** Keys without a value; "in-memory" is not in xl's syntax. */
    private static final Set<String> FLAGS = Set.of("cdrom", "discard", "no-discard", "in-memory");

    /** What has a meaning for other back ends only, and is accepted in silence. */
    private static final Set<String> WITHOUT_EFFECT = Set.of("direct-io-safe");

    private final Position start;
    private final String text;
    private final Path folder;
    private final List<String> warnings;
    private int at;
    private @Nullable String target;
    private @Nullable String format;
    private @Nullable String vdev;
    private @Nullable String access;
    private boolean cdrom;
    private boolean discard = true;
    private boolean inMemory;

    private DiskReader(Position start, String text, Path folder, List<String> warnings) {
        this.start = start;
        this.text = text;
        this.folder = folder;
        this.warnings = warnings;
    }

    /**
     * The disk that {@code text} describes.
     *
     * @param start where the text's first character is
     * @param folder what a relative target is relative to
     * @param warnings takes sentences about what has no effect
     */
    public static DiskSpec read(Position start, String text, Path folder, List<String> warnings)
            throws ConfigException {
        return new DiskReader(start, text, folder, warnings).read();
    }

    private DiskSpec read() throws ConfigException {
        while (at < text.length()) {
            if (text.charAt(at) == ' ') {
                at++;
                continue;
            }
            int comma = text.indexOf(',', at);
            int end = comma < 0 ? text.length() : comma;
            if (text.startsWith("target=", at)) {
                at += "target=".length();
                end = text.length();
                once(target, "target");
                target = text.substring(at);
            } else {
                part(text.substring(at, end).strip());
            }
            at = end + 1;
        }
        at = 0;
        if (target == null || target.isEmpty()) {
            throw wrong(
                    cdrom
                            ? "a drive without a disc is for HVM guests: name a target"
                            : "a disk needs a target, such as /images/a.img,raw,xvda,rw");
        }
        return spec(target);
    }

    private DiskSpec spec(String image) throws ConfigException {
        if (vdev == null || vdev.isEmpty()) {
            throw wrong("a disk needs a vdev, such as xvda");
        }
        Optional<Vdev> device = Vdev.of(vdev);
        if (device.isEmpty()) {
            throw wrong(
                    "\"" + vdev + "\" is not a vdev: xvda, xvda1, sda, hda and d0p1 are examples");
        }
        return new DiskSpec(
                text,
                folder.resolve(image).normalize(),
                format(),
                device.get(),
                readOnly(),
                cdrom,
                discard,
                inMemory);
    }

    private Disks.Format format() throws ConfigException {
        return switch (format == null ? "" : format) {
            case "", "raw" -> Disks.Format.RAW;
            case "qcow2" -> Disks.Format.QCOW2;
            case "qcow", "vhd", "qed" ->
                    throw wrong(
                            "the format "
                                    + format
                                    + " is not supported; 'qemu-img convert -O qcow2' makes one"
                                    + " that is");
            default -> throw wrong("\"" + format + "\" is not a format: raw or qcow2");
        };
    }

    private boolean readOnly() throws ConfigException {
        return switch (access == null ? cdrom ? "r" : "w" : access) {
            case "r", "ro" -> true;
            case "w", "rw" -> {
                if (cdrom) {
                    throw wrong("a CD cannot be written to: say access=ro");
                }
                yield false;
            }
            default -> throw wrong("the access \"" + access + "\" is none of r, ro, w, rw");
        };
    }

    private void part(String part) throws ConfigException {
        Matcher key = KEY.matcher(part);
        boolean named = part.indexOf('=') >= 0 || FLAGS.contains(part);
        if (WITHOUT_EFFECT.contains(part)) {
            return;
        }
        if (!named || !key.matches()) {
            positional(part);
            return;
        }
        String value = key.group(2) == null ? "" : key.group(2);
        switch (key.group(1)) {
            case "format" -> format = once(format, "format", value);
            case "vdev" -> vdev(once(vdev, "vdev", value));
            case "access" -> access = once(access, "access", value);
            case "devtype" -> devtype(value);
            case "cdrom" -> cdrom = true;
            case "in-memory" -> inMemory = true;
            case "discard" -> discard = true;
            case "no-discard" -> discard = false;
            case "backendtype" -> {
                if (!BACKENDS.contains(value)) {
                    throw wrong("the backendtype " + value + " is none of phy, tap, qdisk");
                }
            }
            case "backend" -> {
                if (!value.equals("0") && !value.equals("Domain-0")) {
                    throw wrong("the back end is domain 0's: driver domains are not supported");
                }
            }
            case "script" ->
                    warnings.add(here() + ": script=" + value + " is not run: it has no effect.");
            default -> throw wrong("\"" + key.group(1) + "\" is not a key of a disk");
        }
    }

    private void positional(String part) throws ConfigException {
        if (target == null) {
            Matcher prefix = PREFIX.matcher(part);
            boolean old = prefix.matches();
            target = old ? prefix.group(2) : part;
            if (old) {
                String kind = prefix.group(1);
                format = Set.of("raw", "qcow", "qcow2", "vhd", "qed").contains(kind) ? kind : "raw";
                inner();
            }
        } else if (format == null) {
            format = part;
        } else if (vdev == null) {
            vdev(part);
        } else if (access == null) {
            access = part;
        } else {
            throw wrong("\"" + part + "\" is one part too many");
        }
    }

    /** Old targets may have several prefixes: tap:aio:/file, tap:qcow2:/file. */
    private void inner() {
        String rest = target == null ? "" : target;
        Matcher more = PREFIX.matcher(rest);
        if (more.matches()) {
            String kind = more.group(1);
            target = more.group(2);
            if (Set.of("qcow", "qcow2", "vhd", "qed").contains(kind)) {
                format = kind;
            }
            inner();
        }
    }

    private void vdev(String value) throws ConfigException {
        int colon = value.indexOf(':');
        vdev = colon < 0 ? value : value.substring(0, colon);
        if (colon >= 0) {
            devtype(value.substring(colon + 1));
        }
    }

    private void devtype(String value) throws ConfigException {
        cdrom =
                switch (value) {
                    case "disk" -> false;
                    case "cdrom" -> true;
                    default ->
                            throw wrong("the devtype \"" + value + "\" is neither disk nor cdrom");
                };
    }

    private void once(@Nullable String before, String key) throws ConfigException {
        if (before != null) {
            throw wrong(key + " is given twice");
        }
    }

    private String once(@Nullable String before, String key, String value) throws ConfigException {
        once(before, key);
        return value;
    }

    private Position here() {
        return new Position(start.file(), start.line(), start.column() + at);
    }

    private ConfigException wrong(String sentence) {
        return new ConfigException(here(), sentence + ".");
    }
}
