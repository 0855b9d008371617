package xenolith.toolstack.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.config.ConfigFile.Setting;

/** Makes a {@link DomainSpec} of a configuration file. */
public final class SpecReader {
    /**
     * A domain's description and the warnings about settings without effect.
     *
     * @param warnings each "file:line:column: sentence"
     */
    public record Result(DomainSpec spec, List<String> warnings) {
        public Result {
            warnings = List.copyOf(warnings);
        }
    }

    private static final int MOST_COMMAND_LINE = 1023;

    private final ConfigFile file;
    private final Path folder;
    private final List<String> warnings = new ArrayList<>();

    private SpecReader(ConfigFile file, Path folder) {
        this.file = file;
        this.folder = folder;
    }

    /** Reads the file {@code path}; paths in it are relative to its folder. */
    public static Result read(Path path) throws ConfigException {
        return of(ConfigFile.read(path), path);
    }

    /** The description in {@code file}, which lies (or would lie) at {@code path}. */
    public static Result of(ConfigFile file, Path path) throws ConfigException {
        Path folder = path.toAbsolutePath().getParent();
        return new SpecReader(file, folder == null ? Path.of("/") : folder).read();
    }

    private Result read() throws ConfigException {
        DomainSpec.Builder b = new DomainSpec.Builder();
        checkKind();
        refuseScreen();
        readMemory(b);
        readCpus(b);
        b.name = name(b.name);
        b.uuid = uuid(b.uuid);
        b.kernel = path("kernel");
        b.bootloader = bootloader(b.kernel.isPresent());
        b.ramdisk = path("ramdisk");
        b.cmdline = cmdline();
        b.maxEventChannels = eventChannels(b.maxEventChannels);
        b.onPoweroff = action("on_poweroff", b.onPoweroff);
        b.onReboot = action("on_reboot", b.onReboot);
        b.onCrash = action("on_crash", b.onCrash);
        b.onWatchdog = action("on_watchdog", b.onWatchdog);
        b.disks = words("disk");
        b.vifs = words("vif");
        file.settings().values().forEach(this::warnIfUnsupported);
        return new Result(b.build(), warnings);
    }

    private void readMemory(DomainSpec.Builder b) throws ConfigException {
        b.memoryMib = number("memory", b.memoryMib, 1, 1L << 24, "MiB");
        b.maxMemoryMib = number("maxmem", b.memoryMib, 1, 1L << 24, "MiB");
        if (b.maxMemoryMib < b.memoryMib) {
            throw wrong(
                    "maxmem", "maxmem must not be smaller than memory (" + b.memoryMib + " MiB)");
        }
    }

    private void readCpus(DomainSpec.Builder b) throws ConfigException {
        b.vcpus = (int) number("vcpus", b.vcpus, 1, DomainSpec.MOST_VCPUS, "CPUs");
        b.maxVcpus = (int) number("maxvcpus", b.vcpus, 1, DomainSpec.MOST_VCPUS, "CPUs");
        if (b.maxVcpus < b.vcpus) {
            throw wrong("maxvcpus", "maxvcpus must not be smaller than vcpus (" + b.vcpus + ")");
        }
        b.cpuWeight = (int) number("cpu_weight", b.cpuWeight, 1, 65535, "shares");
        b.cap = (int) number("cap", b.cap, 0, 100L * DomainSpec.MOST_VCPUS, "percents");
        Setting cpus = file.settings().get("cpus");
        if (cpus != null) {
            b.cpus = cpuList(cpus);
        }
    }

    private static final java.util.regex.Pattern CPU_LIST =
            java.util.regex.Pattern.compile(
                    "all|\\^?(nodes:)?\\d+(-\\d+)?(,\\s*\\^?(nodes:)?\\d+(-\\d+)?)*");

    private static String cpuList(Setting s) throws ConfigException {
        String written =
                s.value() instanceof Value.Elements list
                        ? list.elements().stream()
                                .map(SpecReader::element)
                                .collect(java.util.stream.Collectors.joining(","))
                        : text(s);
        if (!CPU_LIST.matcher(written).matches()) {
            throw new ConfigException(
                    s.value().at(),
                    "cpus must be \"all\" or numbers such as \"0-3,^1\", not \"" + written + "\".");
        }
        return written;
    }

    private static String element(Value v) {
        return switch (v) {
            case Value.Text t -> t.text();
            case Value.Numeral n -> n.digits();
            case Value.Elements l -> "a list";
        };
    }

    /** The strings of the list {@code key}; a list of one may be written as a string. */
    private List<Value.Text> words(String key) throws ConfigException {
        Setting s = file.settings().get(key);
        if (s == null) {
            return List.of();
        }
        List<Value> elements =
                s.value() instanceof Value.Elements list ? list.elements() : List.of(s.value());
        List<Value.Text> words = new ArrayList<>();
        for (Value v : elements) {
            if (!(v instanceof Value.Text t)) {
                throw new ConfigException(v.at(), "the elements of " + key + " must be strings.");
            }
            words.add(t);
        }
        return words;
    }

    private void refuseScreen() throws ConfigException {
        Setting s = file.settings().get("vfb");
        if (s != null && !(s.value() instanceof Value.Elements l && l.elements().isEmpty())) {
            throw new ConfigException(
                    s.value().at(),
                    "vfb is not supported: Xenolith has no screens; take the line out, and use the"
                            + " console or the network.");
        }
    }

    private void checkKind() throws ConfigException {
        for (String key : new String[] {"type", "builder"}) {
            Setting s = file.settings().get(key);
            if (s == null) {
                continue;
            }
            String kind = text(s);
            boolean old = key.equals("builder");
            if (kind.equals("pv") || old && (kind.equals("generic") || kind.equals("linux"))) {
                continue;
            }
            if (kind.equals("hvm") || kind.equals("pvh")) {
                throw new UnsupportedGuestException(
                        s.value().at(),
                        key + " \"" + kind + "\" is not supported yet: only PV guests can run.");
            }
            throw wrong(key, key + " must be \"pv\", \"pvh\" or \"hvm\", not \"" + kind + "\"");
        }
    }

    private String name(String otherwise) throws ConfigException {
        Setting s = file.settings().get("name");
        if (s == null) {
            return otherwise;
        }
        String name = text(s);
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.chars().anyMatch(c -> c < ' ')) {
            throw wrong("name", "a name must not be empty and must not contain '/' or controls");
        }
        return name;
    }

    private UUID uuid(UUID otherwise) throws ConfigException {
        Setting s = file.settings().get("uuid");
        if (s == null) {
            return otherwise;
        }
        String digits = text(s).replace("-", "");
        if (!digits.matches("[0-9a-fA-F]{32}")) {
            throw wrong("uuid", "a uuid has 32 hexadecimal digits: 8-4-4-4-12");
        }
        return new UUID(
                Long.parseUnsignedLong(digits, 0, 16, 16),
                Long.parseUnsignedLong(digits, 16, 32, 16));
    }

    private Optional<Bootloader> bootloader(boolean kernel) throws ConfigException {
        Setting s = file.settings().get("bootloader");
        if (s == null || text(s).isEmpty()) {
            return Optional.empty();
        }
        Optional<Bootloader> bootloader = Bootloader.of(text(s));
        if (bootloader.isEmpty()) {
            throw new ConfigException(
                    s.value().at(),
                    "the bootloader \""
                            + text(s)
                            + "\" is not known: \"grub\" and \"pygrub\" start the kernel that"
                            + " /boot/grub/grub.cfg of the disk names.");
        }
        if (kernel) {
            warnings.add(s.at() + ": bootloader has no effect beside kernel.");
        }
        return bootloader;
    }

    private int eventChannels(int otherwise) throws ConfigException {
        return (int) number("max_event_channels", otherwise, 1, Integer.MAX_VALUE - 1, "ports");
    }

    private Action action(String key, Action otherwise) throws ConfigException {
        Setting s = file.settings().get(key);
        if (s == null) {
            return otherwise;
        }
        Optional<Action> action = Action.of(text(s));
        if (action.isEmpty()) {
            throw wrong(
                    key,
                    key
                            + " must be \"destroy\", \"restart\", \"rename-restart\", \"preserve\","
                            + " \"coredump-destroy\", \"coredump-restart\" or \"soft-reset\"");
        }
        return action.get();
    }

    private String cmdline() throws ConfigException {
        String line = optionalText("cmdline");
        String root = optionalText("root");
        String extra = optionalText("extra");
        if (line != null) {
            for (String key : new String[] {"root", "extra"}) {
                Setting s = file.settings().get(key);
                if (s != null) {
                    warnings.add(s.at() + ": " + key + " has no effect beside cmdline.");
                }
            }
        } else {
            line = root == null ? "" : "root=" + root;
            if (extra != null) {
                line = line.isEmpty() ? extra : line + " " + extra;
            }
        }
        if (line.length() > MOST_COMMAND_LINE) {
            throw wrong(
                    file.settings().containsKey("cmdline") ? "cmdline" : "extra",
                    "a command line has at most " + MOST_COMMAND_LINE + " characters");
        }
        return line;
    }

    private @Nullable String optionalText(String key) throws ConfigException {
        Setting s = file.settings().get(key);
        return s == null ? null : text(s);
    }

    private Optional<Path> path(String key) throws ConfigException {
        Setting s = file.settings().get(key);
        if (s == null) {
            return Optional.empty();
        }
        String text = text(s);
        if (text.isEmpty()) {
            throw wrong(key, key + " must name a file");
        }
        Path path = folder.resolve(text).normalize();
        Path beside = folder.resolve(String.valueOf(path.getFileName()));
        return Optional.of(!Files.exists(path) && Files.exists(beside) ? beside : path);
    }

    private static String text(Setting s) throws ConfigException {
        return switch (s.value()) {
            case Value.Text t -> t.text();
            case Value.Numeral n -> n.digits();
            case Value.Elements l ->
                    throw new ConfigException(
                            l.at(), s.key() + " must be a string, but this is a list.");
        };
    }

    private long number(String key, long otherwise, long least, long most, String unit)
            throws ConfigException {
        Setting s = file.settings().get(key);
        if (s == null) {
            return otherwise;
        }
        long value;
        try {
            value = Long.decode(text(s));
        } catch (NumberFormatException e) {
            throw wrong(key, key + " must be a number, not \"" + text(s) + "\"");
        }
        if (value < least || value > most) {
            throw wrong(
                    key,
                    key + " is " + value + ", but must be " + least + " to " + most + " " + unit);
        }
        return value;
    }

    private ConfigException wrong(String key, String sentence) {
        Setting s = file.settings().get(key);
        Position at = s == null ? new Position(file.name(), 1, 1) : s.value().at();
        return new ConfigException(at, sentence + ".");
    }

    private void warn(String key, String consequence) {
        Setting s = file.settings().get(key);
        if (s != null) {
            warnings.add(s.at() + ": " + key + " is not supported yet: " + consequence + ".");
        }
    }

    private static final java.util.Set<String> SUPPORTED =
            java.util.Set.of(
                    "name",
                    "type",
                    "builder",
                    "kernel",
                    "bootloader",
                    "ramdisk",
                    "cmdline",
                    "root",
                    "extra",
                    "memory",
                    "maxmem",
                    "vcpus",
                    "maxvcpus",
                    "uuid",
                    "on_poweroff",
                    "on_reboot",
                    "on_crash",
                    "on_watchdog",
                    "disk",
                    "vif",
                    "max_event_channels",
                    "cpus",
                    "cpu_weight",
                    "cap",
                    "vfb");

    private void warnIfUnsupported(Setting s) {
        if (SUPPORTED.contains(s.key()) || Keys.HVM_ONLY.contains(s.key())) {
            return;
        }
        String consequence = Keys.consequence(s.key());
        if (consequence != null) {
            warn(s.key(), consequence);
        } else {
            warnings.add(
                    s.at() + ": " + s.key() + " is not a setting of xl.cfg: it has no effect.");
        }
    }
}
