package xenolith.toolstack.xl;

import java.util.List;
import java.util.Optional;
import xenolith.hypervisor.control.DomainInfo;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.Traffic;

/**
 * How a domain is at one moment.
 *
 * @param uptimeNanos since its present life was built
 * @param shutdown why it shut down, if it has
 * @param traffic what passed each of {@code devices}
 */
public record DomainReport(
        int domid,
        DomainSpec spec,
        DomainInfo info,
        long uptimeNanos,
        Optional<ShutdownReason> shutdown,
        List<DomainDevice> devices,
        List<Traffic> traffic) {
    public DomainReport {
        devices = List.copyOf(devices);
        traffic = List.copyOf(traffic);
    }

    /** Time its virtual CPUs have run, in nanoseconds. */
    public long cpuNanos() {
        return info.vcpus().stream().mapToLong(DomainInfo.VcpuInfo::nanos).sum();
    }

    /** Virtual CPUs that are online. */
    public int vcpusOnline() {
        return (int) info.vcpus().stream().filter(DomainInfo.VcpuInfo::online).count();
    }

    /** xl's six letters: running, blocked, paused, shut down, the reason of that, dying. */
    public String state() {
        boolean stopped = info.paused() || shutdown.isPresent();
        boolean blocked =
                info.vcpus().stream()
                        .filter(DomainInfo.VcpuInfo::online)
                        .allMatch(v -> v.blocked());
        return (!stopped && !blocked ? "r" : "-")
                + (!stopped && blocked ? "b" : "-")
                + (info.paused() ? "p" : "-")
                + (shutdown.isPresent() ? "s" : "-")
                + shutdown.map(DomainReport::letter).orElse("-")
                + "-";
    }

    private static String letter(ShutdownReason reason) {
        return switch (reason) {
            case POWEROFF -> "-";
            case REBOOT -> "r";
            case SUSPEND -> "s";
            case CRASH -> "c";
            case WATCHDOG -> "w";
            case SOFT_RESET -> "S";
        };
    }
}
