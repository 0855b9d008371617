package xenolith.toolstack.block;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.ConfigException;
import xenolith.toolstack.config.DiskReader;
import xenolith.toolstack.config.DiskSpec;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.disk.Disk;
import xenolith.toolstack.disk.DiskException;
import xenolith.toolstack.disk.DiskFiles;
import xenolith.toolstack.disk.Disks;
import xenolith.toolstack.disk.OverlayDisk;

/** The disks of a host's domains. */
public final class BlockKind implements DeviceKind {
    /** How long a new disk waits for those that are just being closed, which may be the same. */
    private static final int CLOSING_SECONDS = 10;

    private final DiskFiles files = new DiskFiles();
    private final Buffers buffers = new Buffers();
    private final Consumer<String> log;
    private final Set<BlockDevice> open = ConcurrentHashMap.newKeySet();

    /** Disks whose back ends tell {@code log} what a user may want to know, a sentence each. */
    public BlockKind(Consumer<String> log) {
        this.log = log;
    }

    /** The files that disks are made of, for others who want to look into one. */
    public DiskFiles files() {
        return files;
    }

    @Override
    public String type() {
        return "vbd";
    }

    @Override
    public List<DomainDevice> open(DomainSpec spec) throws ToolException {
        List<DomainDevice> devices = new ArrayList<>();
        boolean all = false;
        try {
            for (Value.Text words : spec.disks()) {
                devices.add(open(words, devices, "domain " + spec.name()));
            }
            all = true;
            return devices;
        } finally {
            if (!all) {
                devices.forEach(DomainDevice::close);
            }
        }
    }

    @Override
    public DomainDevice open(Value.Text words, List<DomainDevice> taken) throws ToolException {
        return open(words, taken, "a domain of this host");
    }

    private BlockDevice open(Value.Text words, List<DomainDevice> taken, String user)
            throws ToolException {
        DiskSpec spec = read(words);
        for (DomainDevice other : taken) {
            if (other.devid() == spec.vdev().number()) {
                throw new ConfigException(
                        words.at(),
                        "the domain has a disk "
                                + spec.vdev().name()
                                + " already: give this one another vdev.");
            }
        }
        awaitClosings();
        Disk disk;
        try {
            boolean readOnly = spec.readOnly() || spec.overlay();
            disk = Disks.open(files, spec.target(), spec.format(), readOnly, user);
        } catch (DiskException e) {
            throw new DiskException(words.at() + ": " + e.getMessage(), e);
        }
        BlockDevice device =
                new BlockDevice(
                        spec,
                        spec.overlay() ? new OverlayDisk(disk) : disk,
                        buffers,
                        log,
                        open::remove);
        open.add(device);
        return device;
    }

    /** A relative target is relative to the folder of the configuration. */
    private DiskSpec read(Value.Text words) throws ConfigException {
        Position at = words.at();
        Path folder = Path.of(at.file()).toAbsolutePath().getParent();
        List<String> warnings = new ArrayList<>();
        DiskSpec spec =
                DiskReader.read(
                        new Position(at.file(), at.line(), at.column() + 1),
                        words.text(),
                        folder == null ? Path.of("/") : folder,
                        warnings);
        warnings.forEach(log);
        return spec;
    }

    private void awaitClosings() {
        CompletableFuture<?>[] closing =
                open.stream().flatMap(d -> d.closing().stream()).toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(closing)
                .completeOnTimeout(null, CLOSING_SECONDS, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() {
        open.forEach(BlockDevice::closeNow);
    }
}
