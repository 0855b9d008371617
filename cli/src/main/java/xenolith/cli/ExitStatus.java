package xenolith.cli;

/** The exit statuses of the command, documented in its help. */
final class ExitStatus {
    static final int POWERED_OFF = 0;
    static final int OURS = 1;
    static final int CRASHED = 2;
    static final int TIMED_OUT = 3;

    private ExitStatus() {}
}
