package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hole;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.paging.Reservation;
import xenolith.hypervisor.paging.XenTables;

/** memory_op(cmd, arg): how much memory the domain has, and which (public/memory.h). */
final class MemoryOp implements Handler {
    /** Bits of the command above this are an index to go on from. */
    private static final int EXTENT_SHIFT = 6;

    private static final int INCREASE = 0;
    private static final int DECREASE = 1;
    private static final int POPULATE = 6;

    @Override
    public long call(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        Domain d = v.domain;
        int op = (int) cmd & (1 << EXTENT_SHIFT) - 1;
        return switch (op) {
            case INCREASE, DECREASE, POPULATE ->
                    reservation(v, op, arg, (cmd & 0xffff_ffffL) >>> EXTENT_SHIFT);
            case 5 -> machphysList(v, arg);
            case 2 -> Reservation.maximumRamPage(d.memory);
            case 3 -> own(v, arg) ? d.memory.totalPages() : foreign(v);
            case 4 -> own(v, arg) ? d.memory.maxPages() : foreign(v);
            case 11 -> exchange(v, arg);
            case 12 -> machphysMapping(v, arg);
            case 14 -> own(v, arg) ? maximumGpfn(d) : foreign(v);
            case 10, 13, 24, 28 -> v.refuse(Errno.EPERM, "a control operation");
            // 9, memory_map: without one the guest takes all its pages for one region.
            default -> v.refuse(Errno.ENOSYS, "operation " + op + " is not there");
        };
    }

    private static long foreign(Vcpu v) {
        return v.refuse(Errno.EPERM, "only domain 0 may name another domain");
    }

    private static boolean own(Vcpu v, long arg) {
        return ownDomid(v, GuestAccess.get16(v, arg));
    }

    private static boolean ownDomid(Vcpu v, long domid) {
        return domid == Domid.SELF || domid == v.domain.domid();
    }

    private static long maximumGpfn(Domain d) {
        return maxPfn(d) - 1;
    }

    private static long maxPfn(Domain d) {
        long at = d.sharedInfo() + SharedInfo.ARCH_MAX_PFN.at(d.abi());
        return d.compat() ? d.hypervisor.memory.get32(at) : d.hypervisor.memory.get64(at);
    }

    /** machphys_mapping {v_start, v_end, max_mfn}, words. */
    private static long machphysMapping(Vcpu v, long arg) {
        boolean compat = v.domain.compat();
        GuestAccess.putWord(v, arg, 0, compat ? Hole.START : XenTables.M2P_START);
        GuestAccess.putWord(
                v, arg, 1, compat ? Hole.M2P_END : v.domain.hypervisor.xenTables.m2pEnd());
        long most = v.domain.hypervisor.frames.frames() - 1;
        GuestAccess.putWord(v, arg, 2, compat ? (Hole.M2P_END - Hole.START >>> 2) - 1 : most);
        return 0;
    }

    /**
     * machphys_mfn_list {max_extents u32, extent_start u64 at 8, nr_extents u32 at 16}: the first
     * frame of each 2 MiB of the machine-to-physical table.
     */
    private static long machphysList(Vcpu v, long arg) {
        FrameTable frames = v.domain.hypervisor.frames;
        boolean compat = v.domain.compat();
        int pages = compat ? frames.m2p32FrameCount() : frames.m2pFrameCount();
        long extents = (pages + 511L) / 512;
        long n = Math.min(GuestAccess.get32(v, arg), extents);
        int word = v.domain.abi().word();
        long list = GuestAccess.word(v, arg + word, 0);
        for (int i = 0; i < n; i++) {
            long mfn = compat ? frames.m2p32Mfn(512 * i) : frames.m2pFirstMfn() + 512L * i;
            GuestAccess.putWord(v, list, i, mfn);
        }
        GuestAccess.put32(v, arg + 2L * word, n);
        return 0;
    }

    /** struct xen_memory_reservation: extents, count u64, order u32, flags u32, domid u16. */
    private record Extents(long list, long count, long order, long domid) {
        private static final Layout LAYOUT = new Layout();
        private static final Field LIST = LAYOUT.word();
        private static final Field COUNT = LAYOUT.word();
        private static final Field ORDER = LAYOUT.bytes(4);

        static {
            // Flags.
            LAYOUT.bytes(4);
        }

        private static final Field DOMID = LAYOUT.bytes(2);
        static final Field SIZE = LAYOUT.end();

        static Extents at(Vcpu v, long arg) {
            return new Extents(
                    GuestAccess.get(v, arg, LIST),
                    GuestAccess.get(v, arg, COUNT),
                    GuestAccess.get(v, arg, ORDER),
                    GuestAccess.get(v, arg, DOMID));
        }
    }

    /** Returns how many extents are done; fewer than asked for is the failure. */
    private static long reservation(Vcpu v, int op, long arg, long start) {
        Extents x = Extents.at(v, arg);
        if (!ownDomid(v, x.domid())) {
            return foreign(v);
        }
        if (x.count() < start || x.order() > Reservation.MAX_ORDER || x.count() > 1L << 26) {
            v.domain.refuse(x.count() + " extents of order " + x.order() + " from " + start);
            return start;
        }
        long done = start;
        try {
            while (done < x.count()) {
                if (Continuation.due(v, done - start, 1 << x.order())) {
                    return Continuation.again(v, op | done << EXTENT_SHIFT, arg);
                }
                if (!extent(v, op, x, done)) {
                    break;
                }
                done++;
            }
        } catch (GuestAccessException e) {
            return done;
        }
        return done;
    }

    private static boolean extent(Vcpu v, int op, Extents x, long i) {
        Domain d = v.domain;
        int order = (int) x.order();
        long at = x.list() + (long) v.domain.abi().word() * i;
        return switch (op) {
            case INCREASE -> {
                long mfn = Reservation.increase(d.memory, order);
                if (mfn >= 0 && x.list() != 0) {
                    GuestAccess.putWord(v, at, 0, mfn);
                }
                yield mfn >= 0;
            }
            case POPULATE -> {
                long mfn = Reservation.populate(d.memory, GuestAccess.word(v, at, 0), order);
                if (mfn >= 0) {
                    GuestAccess.putWord(v, at, 0, mfn);
                }
                yield mfn >= 0;
            }
            default -> {
                yield Reservation.decrease(d.memory, GuestAccess.word(v, at, 0), order) == 0;
            }
        };
    }

    /** exchange {in, out, nr_exchanged u64}: all or nothing. */
    private static long exchange(Vcpu v, long arg) {
        int size = GuestAccess.size(v, Extents.SIZE);
        Extents in = Extents.at(v, arg);
        Extents out = Extents.at(v, arg + size);
        long exchanged = GuestAccess.word(v, arg + 2L * size, 0);
        if (!ownDomid(v, in.domid()) || !ownDomid(v, out.domid())) {
            return foreign(v);
        }
        boolean sane =
                exchanged == 0
                        && in.order() <= Reservation.MAX_ORDER
                        && out.order() <= Reservation.MAX_ORDER
                        && in.count() >= 0
                        && in.count() <= 1 << 16
                        && out.count() >= 0
                        && out.count() <= 1 << 16
                        && in.count() << in.order() == out.count() << out.order();
        if (!sane) {
            return v.refuse(Errno.EINVAL, "extents of unequal size, or out of range");
        }
        long[] inMfns = list(v, in);
        long[] outPfns = list(v, out);
        long[] mfns =
                Reservation.exchange(
                        v.domain.memory, inMfns, (int) in.order(), outPfns, (int) out.order());
        if (mfns.length == 1 && mfns[0] < 0) {
            return mfns[0];
        }
        for (int i = 0; i < mfns.length; i++) {
            GuestAccess.putWord(v, out.list(), i, mfns[i]);
        }
        GuestAccess.putWord(v, arg + 2L * size, 0, in.count());
        return 0;
    }

    private static long[] list(Vcpu v, Extents x) {
        GuestAccess.check(v, x.list(), x.count() * v.domain.abi().word());
        long[] values = new long[(int) x.count()];
        for (int i = 0; i < values.length; i++) {
            values[i] = GuestAccess.word(v, x.list(), i);
        }
        return values;
    }
}
