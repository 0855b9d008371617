package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;

/**
 * console_io(cmd, count, buffer): what a guest writes goes to its boot log, whoever it is: an early
 * console that needs nothing to be set up. Reading is domain 0's.
 */
final class ConsoleIo implements Handler {
    private static final int CHUNK = 1024;

    /** More than this in one call is thrown away: nobody reads it. */
    private static final int MOST = 1 << 20;

    @Override
    public long call(Vcpu v, long cmd, long count, long buffer, long a4, long a5) {
        if ((int) cmd != 0) {
            return v.refuse(Errno.EPERM, "all but writing to the console is domain 0's");
        }
        long n = Math.min(count & 0xffff_ffffL, MOST);
        byte[] chunk = new byte[(int) Math.min(CHUNK, n)];
        for (int i = 0; i < n; ) {
            int m = (int) Math.min(chunk.length, n - i);
            GuestAccess.read(v, buffer + i, chunk, 0, m);
            v.domain.consoleWrite(chunk, m);
            i += m;
        }
        return 0;
    }
}
