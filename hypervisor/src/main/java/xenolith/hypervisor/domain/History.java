package xenolith.hypervisor.domain;

import java.util.ArrayList;
import java.util.List;
import xenolith.abi.xen.OperationName;

/** The last crossings of one vCPU, for its crash report. Recording allocates nothing. */
public final class History {
    private static final int SIZE = 64;
    private static final int WORDS = 6;

    /**
     * How far back an equal crossing is looked for: a kernel that prints sends one event after the
     * other, which says nothing about how it came to its end.
     */
    private static final int LOOK_BACK = 4;

    /** Kinds of {@link #add}. */
    public static final int HYPERCALL = 0;

    public static final int EXCEPTION = 1;
    public static final int EVENT = 2;
    public static final int SYSCALL = 3;
    public static final int PRIVILEGED = 4;
    public static final int IRET = 5;

    private final int[] kinds = new int[SIZE];
    private final long[] words = new long[SIZE * WORDS];
    private final int[] repeats = new int[SIZE];
    private long count;

    /** Place of the latest crossing. */
    private int latest;

    /** Records a crossing at {@code rip}: number or vector, and what else is known. */
    public void add(int kind, long rip, long number, long a, long b, long c) {
        int i = equal(kind, rip, number, a);
        if (i < 0) {
            i = (int) (count++ & SIZE - 1);
            repeats[i] = 0;
        } else {
            repeats[i]++;
        }
        latest = i;
        kinds[i] = kind;
        int w = i * WORDS;
        words[w] = rip;
        words[w + 1] = number;
        words[w + 2] = a;
        words[w + 3] = b;
        words[w + 4] = c;
        words[w + 5] = 0;
    }

    /** Place of one of the last crossings that is the same but for its last words; or -1. */
    private int equal(int kind, long rip, long number, long a) {
        if (kind == EXCEPTION) {
            return -1;
        }
        for (long k = count - 1; k >= 0 && k >= count - LOOK_BACK; k--) {
            int i = (int) (k & SIZE - 1);
            int w = i * WORDS;
            boolean same = kinds[i] == kind && words[w] == rip && words[w + 1] == number;
            if (same && words[w + 2] == a) {
                return i;
            }
        }
        return -1;
    }

    /** Adds the result of the latest hypercall. */
    public void result(long result) {
        words[latest * WORDS + 5] = result;
    }

    /** The last {@code n} crossings, oldest first, one line each. */
    public List<String> lines(int n) {
        List<String> lines = new ArrayList<>();
        for (long k = Math.max(0, count - Math.min(n, SIZE)); k < count; k++) {
            lines.add(line((int) (k & SIZE - 1)));
        }
        return lines;
    }

    private String line(int i) {
        int w = i * WORDS;
        long number = words[w + 1];
        String what =
                switch (kinds[i]) {
                    case HYPERCALL ->
                            "hypercall "
                                    + OperationName.of(number, words[w + 2])
                                    + String.format(
                                            "(%x, %x, %x) = %d",
                                            words[w + 2], words[w + 3], words[w + 4], words[w + 5]);
                    case EXCEPTION ->
                            "exception "
                                    + number
                                    + String.format(
                                            " error %x address %x", words[w + 2], words[w + 3]);
                    case EVENT -> "event upcall";
                    case SYSCALL -> "system call " + number;
                    case PRIVILEGED ->
                            String.format("privileged opcode %x, ECX %x", number, words[w + 2]);
                    default -> String.format("iret to %x, CS %x", words[w + 2], number);
                };
        String times = repeats[i] == 0 ? "" : ", " + repeats[i] + " more like it";
        return String.format("%016x %s%s", words[w], what, times);
    }
}
