package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;

/**
 * console_io(cmd, count, buffer): what a guest writes goes to its boot log, whoever it is: an early
 * console that needs nothing to be set up. As Xen does, it looks at so many bytes at once and drops
 * what cannot be printed. Reading is domain 0's.
 */
final class ConsoleIo implements Handler {
    private static final int CHUNK = 127;

    /** What a chunk costs beside a page-table entry. */
    private static final int WEIGHT = 8;

    @Override
    public long call(Vcpu v, long cmd, long count, long buffer, long a4, long a5) {
        if ((int) cmd != 0) {
            return v.refuse(Errno.EPERM, "all but writing to the console is domain 0's");
        }
        long n = count & 0xffff_ffffL;
        byte[] chunk = new byte[(int) Math.min(CHUNK, n)];
        for (long i = 0; i < n; ) {
            if (Continuation.due(v, i, WEIGHT)) {
                return Continuation.again(v, cmd, n - i, buffer + i);
            }
            int m = (int) Math.min(chunk.length, n - i);
            GuestAccess.read(v, buffer + i, chunk, 0, m);
            i += line(v, chunk, m);
        }
        return 0;
    }

    /** Writes the first line of {@code length} bytes, or as much of it as is there; its length. */
    private static int line(Vcpu v, byte[] chunk, int length) {
        int printed = 0;
        for (int i = 0; i < length; i++) {
            byte c = chunk[i];
            if (printable(c)) {
                chunk[printed++] = c;
            }
            if (c == '\n') {
                v.domain.consoleWrite(chunk, printed);
                return i + 1;
            }
        }
        v.domain.consoleWrite(chunk, printed);
        return length;
    }

    /** Whether {@code c} is a character of Latin-1 that takes part of a line, or its end. */
    private static boolean printable(byte c) {
        int code = c & 0xff;
        return code >= ' ' && code < 0x7f || code >= 0xa0 || c == '\n' || c == '\t';
    }
}
