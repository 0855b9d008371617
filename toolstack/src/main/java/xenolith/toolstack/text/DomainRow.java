package xenolith.toolstack.text;

import java.util.Optional;
import java.util.UUID;
import xenolith.hypervisor.control.ShutdownReason;

/**
 * A domain as xl's tables show it.
 *
 * @param memoryKib what it has now
 * @param vcpus those online
 * @param cpuNanos time that its vCPUs have run
 */
public record DomainRow(
        String name, int domid, UUID uuid, long memoryKib, int vcpus, State state, long cpuNanos) {
    /**
     * What a domain does.
     *
     * @param running a vCPU of it runs now
     * @param blocked all its vCPUs wait
     * @param shutdown why, if it has shut down
     * @param dying it is being taken down
     */
    public record State(
            boolean running,
            boolean blocked,
            boolean paused,
            Optional<ShutdownReason> shutdown,
            boolean dying) {
        /** Six letters, such as {@code -b----}: running, blocked, paused, shutdown, why, dying. */
        public String letters() {
            return ""
                    + (running ? 'r' : '-')
                    + (blocked ? 'b' : '-')
                    + (paused ? 'p' : '-')
                    + (shutdown.isPresent() ? 's' : '-')
                    + shutdown.map(State::letter).orElse('-')
                    + (dying ? 'd' : '-');
        }

        private static char letter(ShutdownReason reason) {
            return switch (reason) {
                case POWEROFF -> '-';
                case REBOOT -> 'r';
                case SUSPEND -> 's';
                case CRASH -> 'c';
                case WATCHDOG -> 'w';
                case SOFT_RESET -> 'S';
            };
        }

        /** SHUTDOWN_* of public/sched.h. */
        static int code(ShutdownReason reason) {
            return switch (reason) {
                case POWEROFF -> 0;
                case REBOOT -> 1;
                case SUSPEND -> 2;
                case CRASH -> 3;
                case WATCHDOG -> 4;
                case SOFT_RESET -> 5;
            };
        }

        /** Six letters as xentop has them: dying, shutdown, blocked, crashed, paused, running. */
        String topLetters() {
            boolean crashed = shutdown.filter(r -> r == ShutdownReason.CRASH).isPresent();
            return ""
                    + (dying ? 'd' : '-')
                    + (shutdown.isPresent() && !crashed ? 's' : '-')
                    + (blocked ? 'b' : '-')
                    + (crashed ? 'c' : '-')
                    + (paused ? 'p' : '-')
                    + (running ? 'r' : '-');
        }
    }
}
