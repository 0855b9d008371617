package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.MulticallEntry;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.OperationName;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.log.Refusals;
import xenolith.hypervisor.trace.Trace;

/** multicall(list, count): each result goes into its entry; iret ends the list. */
final class Multicall implements Handler {
    /** What an entry costs beside its call. */
    private static final int WEIGHT = 8;

    private final HypercallTable table;

    Multicall(HypercallTable table) {
        this.table = table;
    }

    @Override
    public long call(Vcpu v, long list, long count, long a3, long a4, long a5) {
        if (v.inMulticall) {
            return v.refuse(Errno.EINVAL, "a multicall in a multicall");
        }
        long n = count & 0xffff_ffffL;
        GuestAccess.check(v, list, 0);
        v.inMulticall = true;
        try {
            for (long i = 0; i < n; i++) {
                long at = list + i * GuestAccess.size(v, MulticallEntry.SIZE);
                if (Continuation.due(v, i, WEIGHT)) {
                    return Continuation.again(v, at, n - i);
                }
                long result = entry(v, at);
                if (Continuation.paused(v)) {
                    long[] rest = Continuation.take(v);
                    for (int a = 0; a < rest.length; a++) {
                        GuestAccess.put(v, at, MulticallEntry.ARGS, a, rest[a]);
                    }
                    return Continuation.again(v, at, n - i);
                }
                if (v.registersReplaced) {
                    return 0;
                }
                GuestAccess.put(v, at, MulticallEntry.RESULT, result);
                if (!v.domain.running() && i + 1 < n) {
                    // The rest follows if the domain goes on.
                    long next = at + GuestAccess.size(v, MulticallEntry.SIZE);
                    return Continuation.again(v, next, n - i - 1);
                }
            }
        } finally {
            v.inMulticall = false;
        }
        return 0;
    }

    private long entry(Vcpu v, long at) {
        long op = GuestAccess.get(v, at, MulticallEntry.OP);
        long a1 = GuestAccess.get(v, at, MulticallEntry.ARGS);
        long a2 = GuestAccess.get(v, at, MulticallEntry.ARGS, 1);
        long a3 = GuestAccess.get(v, at, MulticallEntry.ARGS, 2);
        long a4 = GuestAccess.get(v, at, MulticallEntry.ARGS, 3);
        long a5 = GuestAccess.get(v, at, MulticallEntry.ARGS, 4);
        long result;
        try {
            result = table.call(v, op, a1, a2, a3, a4, a5);
        } catch (GuestAccessException e) {
            result = -Errno.EFAULT;
        }
        Refusals refusals = v.domain.hypervisor.log.refusals();
        if (Dispatcher.refused(op, a1, result) || refusals.pending()) {
            refusals.record(v.domain.domid(), v.id, op, a1, a2, a3, result);
        }
        Trace trace = v.domain.hypervisor.trace;
        if (trace.hypercall()) {
            trace.line(
                    v
                            + String.format(
                                    "   + %s(%x, %x, %x) = %d",
                                    OperationName.of(op, a1), a1, a2, a3, result));
        }
        return result;
    }
}
