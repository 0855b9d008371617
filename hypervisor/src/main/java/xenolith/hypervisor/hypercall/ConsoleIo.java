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
        if ((int) cmd == 1) {
            return v.refuse(Errno.EPERM, "reading the console is domain 0's");
        }
        if ((int) cmd != 0) {
            return v.refuse(Errno.ENOSYS, "console_io writes (0) or reads (1)");
        }
        int n = (int) count;
        if (n < 0) {
            return v.refuse(Errno.E2BIG, "more than 2 GiB in one call");
        }
        byte[] chunk = new byte[Math.min(CHUNK, n)];
        for (int i = 0; i < Math.min(n, MOST); ) {
            int m = Math.min(chunk.length, n - i);
            GuestAccess.read(v, buffer + i, chunk, 0, m);
            v.domain.consoleWrite(chunk, m);
            i += m;
        }
        return 0;
    }
}
