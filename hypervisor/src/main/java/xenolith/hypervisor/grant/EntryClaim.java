package xenolith.hypervisor.grant;

import xenolith.abi.xen.Gnttab;
import xenolith.machine.memory.MachineMemory;

/** Reads a shared entry for its first use and tells the guest that it is in use. */
final class EntryClaim {
    private static final int RETRIES = 5;

    private EntryClaim() {}

    /**
     * Claims entry {@code ref} of {@code t} for domain {@code domid}.
     *
     * @param mapping whether it is to be mapped: that takes a whole page of the table's own domain
     * @return 0 or a negative {@link GrantStatus}
     */
    static int claim(
            GrantTable t, int ref, ActiveEntry act, boolean readOnly, boolean mapping, int domid) {
        return t.version() == 1
                ? claim1(t, ref, act, readOnly, mapping, domid)
                : claim2(t, ref, act, readOnly, mapping, domid);
    }

    /** Flags and status are one word: they change together. */
    private static int claim1(
            GrantTable t, int ref, ActiveEntry act, boolean readOnly, boolean mapping, int domid) {
        MachineMemory memory = t.frames().memory();
        long at = t.entries().at(ref);
        int mask = Gnttab.TYPE_MASK | (mapping ? Gnttab.SUB_PAGE : 0);
        for (int i = 0; i < RETRIES; i++) {
            long header = memory.get32(at);
            if (!act.inUse()
                    && ((header & mask) != Gnttab.PERMIT_ACCESS || header >>> 16 != domid)) {
                return refuse(t, ref, header, domid);
            }
            if (!readOnly && (header & Gnttab.READONLY) != 0) {
                return t.refuse(ref, GrantStatus.GENERAL_ERROR, "it is for reading only");
            }
            long next = header | Gnttab.READING | (readOnly ? 0 : Gnttab.WRITING);
            if (memory.compareAndSwap(at, 4, header, next) == header) {
                return GrantStatus.OKAY;
            }
        }
        return t.refuse(ref, GrantStatus.GENERAL_ERROR, "the guest keeps changing it");
    }

    /** The guest sees the status before the entry is looked at for the last time. */
    static int claim2(
            GrantTable t, int ref, ActiveEntry act, boolean readOnly, boolean mapping, int domid) {
        int header = t.entries().header(ref);
        if (!act.inUse() && !permits(header, mapping, domid)) {
            return refuse(t, ref, header, domid);
        }
        if (!readOnly && (header & Gnttab.READONLY) != 0) {
            return t.refuse(ref, GrantStatus.GENERAL_ERROR, "it is for reading only");
        }
        t.entries().setStatusBits(ref, Gnttab.READING | (readOnly ? 0 : Gnttab.WRITING));
        header = t.entries().header(ref);
        boolean forbidden = (header & Gnttab.READONLY) != 0;
        if (!act.inUse()) {
            if (!permits(header, mapping, domid) || !readOnly && forbidden) {
                t.entries().clearStatusBits(ref, Gnttab.READING | Gnttab.WRITING);
                return refuse(t, ref, header, domid);
            }
        } else if (forbidden) {
            t.entries().clearStatusBits(ref, Gnttab.WRITING);
            return t.refuse(ref, GrantStatus.GENERAL_ERROR, "the guest keeps changing it");
        }
        return GrantStatus.OKAY;
    }

    private static boolean permits(int header, boolean mapping, int domid) {
        int kind = header & (Gnttab.TYPE_MASK | (mapping ? Gnttab.SUB_PAGE : 0));
        boolean type = kind == Gnttab.PERMIT_ACCESS || !mapping && kind == Gnttab.TRANSITIVE;
        return type && header >>> 16 == domid;
    }

    private static int refuse(GrantTable t, int ref, long header, int domid) {
        return t.refuse(
                ref,
                GrantStatus.GENERAL_ERROR,
                String.format(
                        "flags 0x%x for d%d, wanted by d%d",
                        header & 0xffff, header >>> 16 & 0xffff, domid));
    }
}
