package xenolith.hypervisor.control;

/** Why a domain shut down (SHUTDOWN_* of public/sched.h), in the header's order. */
public enum ShutdownReason {
    POWEROFF,
    REBOOT,
    SUSPEND,
    CRASH,
    WATCHDOG,
    SOFT_RESET
}
