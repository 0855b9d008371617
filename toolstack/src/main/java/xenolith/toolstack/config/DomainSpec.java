package xenolith.toolstack.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * What a PV domain is made from.
 *
 * @param memoryMib memory at start, MiB, at least 1
 * @param maxMemoryMib what the domain may grow to, MiB, at least {@code memoryMib}
 * @param vcpus virtual CPUs online at start, 1 to {@code maxVcpus}
 * @param maxVcpus virtual CPUs, 1 to 64
 * @param maxEventChannels highest event channel port
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
        Action onWatchdog) {
    /**
     * Most virtual CPUs of a PV domain whose vcpu_info lies in shared_info, and of this release.
     */
    public static final int MOST_VCPUS = 64;

    /** Highest port that xl allows by default. */
    public static final int DEFAULT_EVENT_CHANNELS = 1023;

    /** What holds where nothing is said. */
    public static DomainSpec defaults() {
        return new DomainSpec(
                "guest",
                UUID.fromString("00000000-0000-4000-8000-000000000001"),
                Optional.empty(),
                Optional.empty(),
                "",
                256,
                256,
                1,
                1,
                DEFAULT_EVENT_CHANNELS,
                Action.DESTROY,
                Action.RESTART,
                Action.DESTROY,
                Action.DESTROY);
    }

    public DomainSpec withName(String value) {
        return new DomainSpec(
                value,
                uuid,
                kernel,
                ramdisk,
                cmdline,
                memoryMib,
                maxMemoryMib,
                vcpus,
                maxVcpus,
                maxEventChannels,
                onPoweroff,
                onReboot,
                onCrash,
                onWatchdog);
    }

    public DomainSpec withKernel(Path value) {
        return new DomainSpec(
                name,
                uuid,
                Optional.of(value),
                ramdisk,
                cmdline,
                memoryMib,
                maxMemoryMib,
                vcpus,
                maxVcpus,
                maxEventChannels,
                onPoweroff,
                onReboot,
                onCrash,
                onWatchdog);
    }

    public DomainSpec withRamdisk(Path value) {
        return new DomainSpec(
                name,
                uuid,
                kernel,
                Optional.of(value),
                cmdline,
                memoryMib,
                maxMemoryMib,
                vcpus,
                maxVcpus,
                maxEventChannels,
                onPoweroff,
                onReboot,
                onCrash,
                onWatchdog);
    }

    public DomainSpec withCmdline(String value) {
        return new DomainSpec(
                name,
                uuid,
                kernel,
                ramdisk,
                value,
                memoryMib,
                maxMemoryMib,
                vcpus,
                maxVcpus,
                maxEventChannels,
                onPoweroff,
                onReboot,
                onCrash,
                onWatchdog);
    }

    public DomainSpec withMemoryMib(long value) {
        return new DomainSpec(
                name,
                uuid,
                kernel,
                ramdisk,
                cmdline,
                value,
                Math.max(value, maxMemoryMib),
                vcpus,
                maxVcpus,
                maxEventChannels,
                onPoweroff,
                onReboot,
                onCrash,
                onWatchdog);
    }

    public DomainSpec withOnReboot(Action value) {
        return new DomainSpec(
                name,
                uuid,
                kernel,
                ramdisk,
                cmdline,
                memoryMib,
                maxMemoryMib,
                vcpus,
                maxVcpus,
                maxEventChannels,
                onPoweroff,
                value,
                onCrash,
                onWatchdog);
    }
}
