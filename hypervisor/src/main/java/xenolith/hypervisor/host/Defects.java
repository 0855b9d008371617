package xenolith.hypervisor.host;

/** Tells of defects of our own in one sentence and the place they come from. */
final class Defects {
    private static final int FRAMES = 8;

    private Defects() {}

    static String describe(RuntimeException e) {
        StringBuilder text = new StringBuilder(e.toString());
        StackTraceElement[] trace = e.getStackTrace();
        for (int i = 0; i < Math.min(FRAMES, trace.length); i++) {
            text.append(i == 0 ? " at " : " < ").append(trace[i]);
        }
        return text.toString();
    }
}
