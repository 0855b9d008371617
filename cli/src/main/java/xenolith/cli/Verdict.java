package xenolith.cli;

import java.util.Locale;

/** How a self-judging guest (XTF's convention) ended, by rising severity. */
enum Verdict {
    SUCCESS(0),
    SKIP(3),
    ERROR(4),
    FAILURE(5),
    CRASH(6);

    private static final String MARK = "Test result:";

    private final int status;

    Verdict(int status) {
        this.status = status;
    }

    /** The exit status that XTF's runner has for this. */
    int status() {
        return status;
    }

    /** The verdict in the last line that is not blank of what a guest printed. */
    static Verdict of(String console) {
        String last = console.lines().filter(l -> !l.isBlank()).reduce("", (a, b) -> b);
        int mark = last.indexOf(MARK);
        if (mark < 0) {
            return CRASH;
        }
        String word = last.substring(mark + MARK.length()).strip().toUpperCase(Locale.ROOT);
        for (Verdict v : new Verdict[] {SUCCESS, SKIP, ERROR, FAILURE}) {
            if (word.startsWith(v.name())) {
                return v;
            }
        }
        return CRASH;
    }
}
