package xenolith.cli;

import xenolith.toolstack.xl.DomainEnd;

/** How a guest in the foreground came to its end. */
enum Ending {
    POWERED_OFF,
    REBOOTED,
    CRASHED,
    TIMED_OUT,
    LEFT,
    SUSPENDED;

    /** The ending of a guest that shut down by itself, or was destroyed. */
    static Ending of(DomainEnd end) {
        return end.reason()
                .map(reason ->
                        switch (reason) {
                            case POWEROFF -> POWERED_OFF;
                            case REBOOT -> REBOOTED;
                            case SUSPEND -> SUSPENDED;
                            case CRASH, WATCHDOG, SOFT_RESET -> CRASHED;
                        })
                .orElse(LEFT);
    }
}
