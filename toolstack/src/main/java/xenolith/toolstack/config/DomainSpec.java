package xenolith.toolstack.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * What a PV domain is made from.
 *
 * @param memoryMib memory at start, MiB, at least 1
 * @param maxMemoryMib what the domain may grow to, MiB, at least {@code memoryMib}
 * @param vcpus virtual CPUs online at start, 1 to {@code maxVcpus}
 * @param maxVcpus virtual CPUs, 1 to 64
 * @param maxEventChannels highest event channel port
 * @param cpus physical CPUs the virtual ones may run on, as written; empty for all
 * @param cpuWeight share of the scheduler, 1 to 65535
 * @param cap most percents of one physical CPU, 0 for no limit
 * @param disks elements of xl.cfg's list of disks, as written
 * @param vifs likewise of network cards
 * @param bootloader what finds the kernel where none is named
 */
public record DomainSpec(
        String name,
        UUID uuid,
        Optional<Path> kernel,
        Optional<Path> ramdisk,
        String cmdline,
        long memoryMib,
        long maxMemoryMib,
        int vcpus,
        int maxVcpus,
        int maxEventChannels,
        Action onPoweroff,
        Action onReboot,
        Action onCrash,
        Action onWatchdog,
        String cpus,
        int cpuWeight,
        int cap,
        List<Value.Text> disks,
        List<Value.Text> vifs,
        Optional<Bootloader> bootloader) {
    /**
     * Most virtual CPUs of a PV domain whose vcpu_info lies in shared_info, and of this release.
     */
    public static final int MOST_VCPUS = 64;

    /** Highest port that xl allows by default. */
    public static final int DEFAULT_EVENT_CHANNELS = 1023;

    /** The scheduler's share where nothing is said. */
    public static final int DEFAULT_WEIGHT = 256;

    private static final DomainSpec DEFAULTS = new Builder().build();

    public DomainSpec {
        disks = List.copyOf(disks);
        vifs = List.copyOf(vifs);
    }

    /** What holds where nothing is said. */
    public static DomainSpec defaults() {
        return DEFAULTS;
    }

    /** The parts of a description on their way to one; each is as the record's component. */
    public static final class Builder {
        public String name = "guest";
        public UUID uuid = UUID.fromString("00000000-0000-4000-8000-000000000001");
        public Optional<Path> kernel = Optional.empty();
        public Optional<Path> ramdisk = Optional.empty();
        public String cmdline = "";
        public long memoryMib = 256;
        public long maxMemoryMib = 256;
        public int vcpus = 1;
        public int maxVcpus = 1;
        public int maxEventChannels = DEFAULT_EVENT_CHANNELS;
        public Action onPoweroff = Action.DESTROY;
        public Action onReboot = Action.RESTART;
        public Action onCrash = Action.DESTROY;
        public Action onWatchdog = Action.DESTROY;
        public String cpus = "";
        public int cpuWeight = DEFAULT_WEIGHT;
        public int cap;
        public List<Value.Text> disks = List.of();
        public List<Value.Text> vifs = List.of();
        public Optional<Bootloader> bootloader = Optional.empty();

        /** All as by default. */
        public Builder() {}

        /** All as in {@code spec}. */
        public Builder(DomainSpec spec) {
            name = spec.name;
            uuid = spec.uuid;
            kernel = spec.kernel;
            ramdisk = spec.ramdisk;
            cmdline = spec.cmdline;
            memoryMib = spec.memoryMib;
            maxMemoryMib = spec.maxMemoryMib;
            vcpus = spec.vcpus;
            maxVcpus = spec.maxVcpus;
            maxEventChannels = spec.maxEventChannels;
            onPoweroff = spec.onPoweroff;
            onReboot = spec.onReboot;
            onCrash = spec.onCrash;
            onWatchdog = spec.onWatchdog;
            cpus = spec.cpus;
            cpuWeight = spec.cpuWeight;
            cap = spec.cap;
            disks = spec.disks;
            vifs = spec.vifs;
            bootloader = spec.bootloader;
        }

        /** The description. */
        public DomainSpec build() {
            return new DomainSpec(
                    name,
                    uuid,
                    kernel,
                    ramdisk,
                    cmdline,
                    memoryMib,
                    Math.max(memoryMib, maxMemoryMib),
                    vcpus,
                    Math.max(vcpus, maxVcpus),
                    maxEventChannels,
                    onPoweroff,
                    onReboot,
                    onCrash,
                    onWatchdog,
                    cpus,
                    cpuWeight,
                    cap,
                    disks,
                    vifs,
                    bootloader);
        }
    }

    /** The same but for what {@code change} sets. */
    public DomainSpec with(Consumer<Builder> change) {
        Builder b = new Builder(this);
        change.accept(b);
        return b.build();
    }

    public DomainSpec withName(String value) {
        return with(b -> b.name = value);
    }

    public DomainSpec withKernel(Path value) {
        return with(b -> b.kernel = Optional.of(value));
    }

    public DomainSpec withRamdisk(Path value) {
        return with(b -> b.ramdisk = Optional.of(value));
    }

    public DomainSpec withCmdline(String value) {
        return with(b -> b.cmdline = value);
    }

    public DomainSpec withMemoryMib(long value) {
        return with(b -> b.memoryMib = value);
    }

    public DomainSpec withOnReboot(Action value) {
        return with(b -> b.onReboot = value);
    }
}
