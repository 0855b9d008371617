package xenolith.hypervisor.hypercall;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.domain.Activity;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.domain.Watchdogs;

/** sched_op(cmd, arg), and its old form with the argument by value. */
final class SchedOp implements Handler {
    private static final int YIELD = 0;
    private static final int BLOCK = 1;
    private static final int SHUTDOWN = 2;
    private static final int POLL = 3;
    private static final int REMOTE_SHUTDOWN = 4;
    private static final int SHUTDOWN_CODE = 5;
    private static final int WATCHDOG = 6;
    private static final int MAX_POLLED = 128;

    @Override
    public long call(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        return switch ((int) cmd) {
            case YIELD -> yieldCpu(v);
            case BLOCK -> block(v);
            case SHUTDOWN -> shutdown(v, GuestAccess.get32(v, arg));
            case POLL -> poll(v, arg);
            case WATCHDOG -> {
                GuestAccess.readable(v, arg, 8);
                yield watchdog(v, GuestAccess.get32(v, arg), GuestAccess.get32(v, arg + 4));
            }
            // remote_shutdown and pin_override are for domain 0.
            case REMOTE_SHUTDOWN -> {
                GuestAccess.readable(v, arg, 8);
                yield remoteShutdown(v, (int) GuestAccess.get16(v, arg));
            }
            case SHUTDOWN_CODE -> {
                v.domain.setShutdownCode((int) GuestAccess.get32(v, arg) & 0xff);
                yield 0;
            }
            case 7 -> v.refuse(Errno.EPERM, "the operation is domain 0's");
            default -> v.refuse(Errno.ENOSYS, "no operation " + (int) cmd);
        };
    }

    /** sched_op_compat(cmd, arg). */
    long compat(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        return switch ((int) cmd) {
            case YIELD -> yieldCpu(v);
            case BLOCK -> block(v);
            case SHUTDOWN -> shutdown(v, arg);
            default -> v.refuse(Errno.ENOSYS, "no operation " + (int) cmd);
        };
    }

    private static long yieldCpu(Vcpu v) {
        v.yielded = true;
        return 0;
    }

    private static long block(Vcpu v) {
        v.setUpcallMask(0);
        if (!v.upcallPending()) {
            v.activity.block();
        }
        return 0;
    }

    private static long remoteShutdown(Vcpu v, int domid) {
        return v.domain.hypervisor.domain(domid) == null
                ? v.refuse(Errno.ESRCH, "there is no domain " + domid)
                : v.refuse(Errno.EPERM, "the operation is domain 0's");
    }

    private static long shutdown(Vcpu v, long reason) {
        ShutdownReason[] reasons = ShutdownReason.values();
        // Xen looks at the low byte only; a reason nobody knows cannot be a clean end.
        int code = v.domain.shutdownCode((int) reason & 0xff);
        if (code >= reasons.length) {
            v.domain.crash(v, "the guest shut down for the unknown reason " + code);
        } else if (reasons[code] == ShutdownReason.CRASH) {
            v.domain.crash(v, "the guest said so (SHUTDOWN_crash)");
        } else {
            v.domain.shutdown(reasons[code]);
        }
        return 0;
    }

    /**
     * watchdog {id u32, timeout u32 in seconds}: id 0 starts a new one and answers its id; a
     * timeout of 0 ends one.
     */
    private static long watchdog(Vcpu v, long id, long seconds) {
        Watchdogs watchdogs = v.domain.watchdogs;
        long bite = v.domain.hypervisor.clock.now() + seconds * 1_000_000_000L;
        if (id == 0) {
            int free = watchdogs.free();
            if (free == 0) {
                return v.refuse(Errno.ENOSPC, "both watchdogs of the domain are set");
            }
            watchdogs.set(free, bite);
            return free;
        }
        if (id > Watchdogs.COUNT) {
            return v.refuse(Errno.EINVAL, "there is no watchdog " + id);
        }
        if (!watchdogs.isSet((int) id)) {
            return v.refuse(Errno.EINVAL, "watchdog " + id + " is not set");
        }
        watchdogs.set((int) id, seconds == 0 ? Activity.NEVER : bite);
        return 0;
    }

    /** poll {ports, nr_ports u32 at 8, timeout u64 at 16}: ignores the event mask. */
    private static long poll(Vcpu v, long arg) {
        int word = v.domain.abi().word();
        GuestAccess.readable(v, arg, 2 * word + 8);
        long list = GuestAccess.word(v, arg, 0);
        long n = GuestAccess.get32(v, arg + word);
        long timeout = GuestAccess.get64(v, arg + 2L * word);
        if (n > MAX_POLLED) {
            return v.refuse(Errno.EINVAL, n + " ports, most is " + MAX_POLLED);
        }
        GuestAccess.check(v, list, 4 * n);
        if (v.upcallDue()) {
            return 0;
        }
        int[] ports = new int[(int) n];
        for (int i = 0; i < ports.length; i++) {
            long port = GuestAccess.get32(v, list + 4L * i);
            ports[i] = (int) port;
            int pending = v.domain.events.poll(port);
            if (pending != 0) {
                return Math.min(pending, 0);
            }
        }
        if (timeout != 0 && timeout <= v.domain.hypervisor.clock.now()) {
            return 0;
        }
        v.activity.poll(ports, timeout == 0 ? Activity.NEVER : timeout);
        return 0;
    }
}
