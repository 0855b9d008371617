package xenolith.hypervisor.domain;

import java.util.ArrayList;
import java.util.List;

/** The last crossings of one vCPU, for its crash report. Recording allocates nothing. */
public final class History {
    private static final int SIZE = 64;

    /** Kinds of {@link #add}. */
    public static final int HYPERCALL = 0;

    public static final int EXCEPTION = 1;
    public static final int EVENT = 2;
    public static final int SYSCALL = 3;
    public static final int PRIVILEGED = 4;
    public static final int IRET = 5;

    private final int[] kinds = new int[SIZE];
    private final long[] words = new long[SIZE * 6];
    private long count;

    /** Records a crossing at {@code rip}: number or vector, and what else is known. */
    public void add(int kind, long rip, long number, long a, long b, long c) {
        int i = (int) (count++ & SIZE - 1);
        kinds[i] = kind;
        int w = i * 6;
        words[w] = rip;
        words[w + 1] = number;
        words[w + 2] = a;
        words[w + 3] = b;
        words[w + 4] = c;
        words[w + 5] = 0;
    }

    /** Adds the result of the latest hypercall. */
    public void result(long result) {
        int i = (int) (count - 1 & SIZE - 1);
        words[i * 6 + 5] = result;
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
        int w = i * 6;
        long number = words[w + 1];
        String what =
                switch (kinds[i]) {
                    case HYPERCALL ->
                            "hypercall "
                                    + number
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
        return String.format("%016x %s", words[w], what);
    }
}
