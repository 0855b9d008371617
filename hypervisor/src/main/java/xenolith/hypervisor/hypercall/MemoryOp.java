package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.SharedInfo;
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

    /** Extents of one call: what a continuation can count. */
    private static final long MOST_EXTENTS = 0xffff_ffffL >>> EXTENT_SHIFT;

    private static final int INCREASE = 0;
    private static final int DECREASE = 1;
    private static final int MAXIMUM_RAM_PAGE = 2;
    private static final int CURRENT_RESERVATION = 3;
    private static final int MAXIMUM_RESERVATION = 4;
    private static final int MACHPHYS_MFN_LIST = 5;
    private static final int POPULATE = 6;
    private static final int ADD_TO_PHYSMAP = 7;
    private static final int MEMORY_MAP = 9;
    private static final int MACHINE_MEMORY_MAP = 10;
    static final int EXCHANGE = 11;
    private static final int MACHPHYS_MAPPING = 12;
    private static final int SET_MEMORY_MAP = 13;
    private static final int MAXIMUM_GPFN = 14;
    private static final int REMOVE_FROM_PHYSMAP = 15;
    private static final int SET_POD_TARGET = 16;
    private static final int GET_POD_TARGET = 17;
    private static final int GET_SHARING_FREED_PAGES = 18;
    private static final int GET_SHARING_SHARED_PAGES = 19;
    private static final int ACCESS_OP = 21;
    private static final int ADD_TO_PHYSMAP_BATCH = 23;
    private static final int CLAIM_PAGES = 24;
    private static final int MACHPHYS_COMPAT_MFN_LIST = 25;
    private static final int GET_VNUMAINFO = 26;
    private static final int RESERVED_DEVICE_MEMORY_MAP = 27;
    private static final int ACQUIRE_RESOURCE = 28;

    /** XENMEMF_populate_on_demand: of other domains only. */
    private static final int POPULATE_ON_DEMAND = 1 << 16;

    @Override
    public long call(Vcpu v, long cmd, long arg, long a3, long a4, long a5) {
        int op = (int) cmd & (1 << EXTENT_SHIFT) - 1;
        long start = cmd >>> EXTENT_SHIFT;
        if (start != 0 && !known(op)) {
            return v.refuse(Errno.ENOSYS, "operation " + op + " has no index to go on from");
        }
        return switch (op) {
            case INCREASE, DECREASE, POPULATE -> reservation(v, op, arg, start);
            case ADD_TO_PHYSMAP -> PhysmapOps.add(v, arg, start);
            case ADD_TO_PHYSMAP_BATCH -> PhysmapOps.addBatch(v, arg, start);
            case ACQUIRE_RESOURCE -> PhysmapOps.acquireResource(v, arg);
            case ACCESS_OP -> PhysmapOps.access(v, arg);
            case MEMORY_MAP -> MemoryMap.get(v, arg);
            case SET_MEMORY_MAP -> MemoryMap.set(v, arg);
            case MACHPHYS_MFN_LIST -> machphysList(v, arg, v.domain.compat());
            case MACHPHYS_COMPAT_MFN_LIST ->
                    v.domain.hypervisor.xenTables.makeM2p32()
                            ? machphysList(v, arg, true)
                            : v.refuse(Errno.ENOMEM, "no room for the table of 32-bit guests");
            case MACHPHYS_MAPPING -> machphysMapping(v, arg);
            case MACHINE_MEMORY_MAP -> PhysmapOps.machineMap(v, arg);
            case SET_POD_TARGET, GET_POD_TARGET -> PhysmapOps.podTarget(v, arg);
            // Nothing is shared.
            case GET_SHARING_FREED_PAGES, GET_SHARING_SHARED_PAGES -> 0;
            default ->
                    start == 0 || !whole(op)
                            ? once(v, op, arg)
                            : v.refuse(Errno.EINVAL, "the operation has no index to go on from");
        };
    }

    /** Whether Xen looks at the index: it takes it for a part of the number elsewhere. */
    private static boolean known(int op) {
        return switch (op) {
            case MACHPHYS_MFN_LIST,
                    MEMORY_MAP,
                    MACHINE_MEMORY_MAP,
                    MACHPHYS_MAPPING,
                    SET_MEMORY_MAP,
                    SET_POD_TARGET,
                    GET_POD_TARGET,
                    GET_SHARING_FREED_PAGES,
                    GET_SHARING_SHARED_PAGES,
                    MACHPHYS_COMPAT_MFN_LIST ->
                    false;
            default -> true;
        };
    }

    private static boolean whole(int op) {
        return switch (op) {
            case MAXIMUM_RAM_PAGE,
                    CURRENT_RESERVATION,
                    MAXIMUM_RESERVATION,
                    EXCHANGE,
                    MAXIMUM_GPFN,
                    REMOVE_FROM_PHYSMAP,
                    CLAIM_PAGES,
                    GET_VNUMAINFO,
                    RESERVED_DEVICE_MEMORY_MAP ->
                    true;
            default -> false;
        };
    }

    /** Operations that take no index. */
    private static long once(Vcpu v, int op, long arg) {
        return switch (op) {
            case MAXIMUM_RAM_PAGE -> v.domain.hypervisor.frames.frames();
            case CURRENT_RESERVATION, MAXIMUM_RESERVATION, MAXIMUM_GPFN -> size(v, op, arg);
            case EXCHANGE -> MemoryExchange.exchange(v, arg);
            case REMOVE_FROM_PHYSMAP -> PhysmapOps.remove(v, arg);
            case CLAIM_PAGES -> PhysmapOps.claim(v, arg);
            case GET_VNUMAINFO -> PhysmapOps.vnuma(v, arg);
            case RESERVED_DEVICE_MEMORY_MAP -> PhysmapOps.reservedDeviceMemory(v, arg);
            default -> v.refuse(Errno.ENOSYS, "operation " + op + " is not there");
        };
    }

    private static long size(Vcpu v, int op, long arg) {
        int domid = (int) GuestAccess.get16(v, arg);
        Domain d = GrantTableOp.byAnyId(v, domid);
        if (d == null) {
            return v.refuse(Errno.ESRCH, "there is no domain " + domid);
        }
        if (d != v.domain) {
            return foreign(v);
        }
        return switch (op) {
            case CURRENT_RESERVATION -> d.memory.totalPages();
            case MAXIMUM_RESERVATION -> d.memory.maxPages();
            default -> maximumGpfn(d);
        };
    }

    private static long foreign(Vcpu v) {
        return v.refuse(Errno.EPERM, "only domain 0 may name another domain");
    }

    private static long maximumGpfn(Domain d) {
        return Math.max(1, maxPfn(d)) - 1;
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
        // What the range has room for, whatever the machine has, as in Xen.
        long most = compat ? Hole.M2P_END - Hole.START >>> 2 : XenTables.M2P_SIZE >>> 3;
        GuestAccess.putWord(v, arg, 2, most - 1);
        return 0;
    }

    /**
     * machphys_mfn_list {max_extents u32, extent_start u64 at 8, nr_extents u32 at 16}: the first
     * frame of each 2 MiB of the machine-to-physical table.
     *
     * @param compat that of 32-bit guests
     */
    private static long machphysList(Vcpu v, long arg, boolean compat) {
        FrameTable frames = v.domain.hypervisor.frames;
        int pages = compat ? frames.m2p().frameCount32() : frames.m2p().frameCount();
        long extents = (pages + 511L) / 512;
        long n = Math.min(GuestAccess.get32(v, arg), extents);
        int word = v.domain.abi().word();
        long list = GuestAccess.word(v, arg + word, 0);
        for (int i = 0; i < n; i++) {
            long mfn = compat ? frames.m2p().mfn32(512 * i) : frames.m2p().firstMfn() + 512L * i;
            GuestAccess.putWord(v, list, i, mfn);
        }
        GuestAccess.put32(v, arg + 2L * word, n);
        return 0;
    }

    /** Returns how many extents are done; fewer than asked for is the failure, whatever it is. */
    private static long reservation(Vcpu v, int op, long arg, long start) {
        MemoryExtents x;
        try {
            x = MemoryExtents.at(v, arg);
        } catch (GuestAccessException e) {
            return start;
        }
        boolean listed = op != INCREASE || x.list() != 0;
        if (Long.compareUnsigned(x.count(), MOST_EXTENTS) > 0
                || start >= x.count()
                || x.order() > Reservation.MAX_ORDER
                || x.addressBits() != 0 && x.addressBits() <= 12
                || listed && !x.reachable(v, start)) {
            v.domain.refuse(x.count() + " extents of order " + x.order() + " from " + start);
            return start;
        }
        if (!GrantTableOp.own(v, x.domid())) {
            v.domain.refuse("only domain 0 may name another domain");
            return start;
        }
        if (x.insistsOnNode() && !x.virtualNode()) {
            v.domain.refuse("only domain 0 may insist on a node");
            return start;
        }
        if (op == POPULATE && (x.flags() & POPULATE_ON_DEMAND) != 0) {
            v.domain.refuse("a domain cannot populate itself on demand");
            return start;
        }
        int search = op == DECREASE ? 0 : frames(v).searchWork((int) x.order(), x.addressBits());
        int weight = (1 << x.order()) + search;
        long done = start;
        try {
            while (done < x.count()) {
                if (Continuation.due(v, done - start, weight)) {
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

    private static FrameTable frames(Vcpu v) {
        return v.domain.hypervisor.frames;
    }

    private static boolean extent(Vcpu v, int op, MemoryExtents x, long i) {
        Domain d = v.domain;
        int order = (int) x.order();
        long at = x.list() + (long) v.domain.abi().word() * i;
        return switch (op) {
            case INCREASE -> {
                long mfn = Reservation.increase(d.memory, order, x.addressBits());
                if (mfn >= 0 && x.list() != 0) {
                    GuestAccess.putWord(v, at, 0, mfn);
                }
                yield mfn >= 0;
            }
            case POPULATE -> {
                long mfn =
                        Reservation.populate(
                                d.memory, GuestAccess.word(v, at, 0), order, x.addressBits());
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
}
