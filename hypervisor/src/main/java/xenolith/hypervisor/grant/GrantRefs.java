package xenolith.hypervisor.grant;

import xenolith.abi.xen.Gnttab;
import xenolith.machine.memory.MachineMemory;

/** Grants that receive a page, and grants that change places. */
public final class GrantRefs {
    private GrantRefs() {}

    /**
     * Commits entry {@code ref} (any value) of {@code t} to a transfer by domain {@code domid};
     * false if it does not accept one.
     */
    public static boolean commitTransfer(GrantTable t, long ref, int domid) {
        if (!t.valid(ref)) {
            t.refuse(ref, 0, "the table ends before");
            return false;
        }
        MachineMemory memory = t.frames().memory();
        long at = t.entries().at((int) ref);
        long wanted = (long) domid << 16 | Gnttab.ACCEPT_TRANSFER;
        if (memory.compareAndSwap(at, 4, wanted, wanted | Gnttab.TRANSFER_COMMITTED) != wanted) {
            t.refuse(ref, 0, "it accepts no transfer by d" + domid);
            return false;
        }
        return true;
    }

    /** The frame number for which the guest wants the page that comes by entry {@code ref}. */
    public static long wantedFrame(GrantTable t, long ref) {
        return t.entries().frame((int) ref);
    }

    /** Tells the guest that page {@code mfn} came by entry {@code ref}. */
    public static void completeTransfer(GrantTable t, long ref, long mfn) {
        int r = (int) ref;
        t.entries().setFrame(r, mfn);
        MachineMemory memory = t.frames().memory();
        long at = t.entries().at(r);
        memory.put16(at, memory.get16(at) | Gnttab.TRANSFER_COMPLETED);
    }

    /** Swaps the entries {@code a} and {@code b} (any values); a {@link GrantStatus}. */
    public static int swap(GrantTable t, long a, long b) {
        if (!t.valid(a) || !t.valid(b)) {
            return t.refuse(t.valid(a) ? b : a, GrantStatus.BAD_GNTREF, "the table ends before");
        }
        if (a == b) {
            return GrantStatus.OKAY;
        }
        if (t.inUse(a) || t.inUse(b)) {
            return t.refuse(t.inUse(a) ? a : b, GrantStatus.EAGAIN, "in use, so it stays");
        }
        SharedEntries e = t.entries();
        exchange(t, e.at((int) a), e.at((int) b), t.version() == 1 ? 8 : 16);
        if (t.version() == 2) {
            exchange(t, e.statusAt((int) a), e.statusAt((int) b), 2);
        }
        return GrantStatus.OKAY;
    }

    private static void exchange(GrantTable t, long a, long b, int size) {
        MachineMemory memory = t.frames().memory();
        byte[] first = new byte[size];
        byte[] second = new byte[size];
        memory.read(a, first, 0, size);
        memory.read(b, second, 0, size);
        memory.write(a, second, 0, size);
        memory.write(b, first, 0, size);
    }
}
