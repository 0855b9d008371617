package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * The hypervisor's level-4 tables of one vCPU of a 32-bit guest. Slot 0 of each has one of the
 * guest's level-3 tables, so that what is cached of an address space outlives its leaving, as it
 * does for a 64-bit guest, whose level-4 tables are its own.
 *
 * <p>Called with the lock of the frame table held.
 */
final class PaeRoots {
    /** As many as a processor keeps translations of, in both modes. */
    private static final int MOST = Mmu.ADDRESS_SPACES / 2;

    private static final long HOOK = Pte.P | Pte.RW | Pte.U | Pte.A;

    private final DomainPaging domain;
    private final Mmu mmu;
    private final MachineMemory memory;

    /** Frames of the level-4 tables; those behind {@link #made} do not exist yet. */
    private final long[] tables = new long[MOST];

    /** Frame of the level-3 table in each, or 0. */
    private final long[] level3 = new long[MOST];

    private final long[] lastUse = new long[MOST];
    private int made;
    private int current;
    private long uses;

    /** Begins with a table that has no level-3 table. */
    PaeRoots(DomainPaging domain, Mmu mmu) {
        this.domain = domain;
        this.mmu = mmu;
        this.memory = domain.frames().memory();
        tables[made++] = domain.monitorTable();
        mmu.shareRoot(tables[0] << Pte.PAGE_SHIFT);
    }

    /** Makes the tables below {@code mfn}, a level-3 table in use, the current ones. */
    void load(long mfn) {
        int i = find(mfn);
        if (i < 0) {
            i = free();
            hook(i, mfn);
        }
        lastUse[i] = ++uses;
        current = i;
        mmu.loadRoot(Mmu.KERNEL, tables[i] << Pte.PAGE_SHIFT);
        mmu.loadRoot(Mmu.USER, tables[i] << Pte.PAGE_SHIFT);
    }

    private int find(long mfn) {
        for (int i = 0; i < made; i++) {
            if (level3[i] == mfn) {
                return i;
            }
        }
        return -1;
    }

    /** An unused table, a new one, or the one that was not used for the longest time. */
    private int free() {
        int unused = find(0);
        if (unused >= 0) {
            return unused;
        }
        long mfn = made < MOST ? domain.tryMonitorTable() : -1;
        if (mfn >= 0) {
            tables[made] = mfn;
            return made++;
        }
        int least = current;
        for (int i = 0; i < made; i++) {
            boolean before = least == current || lastUse[i] < lastUse[least];
            least = i != current && before ? i : least;
        }
        return least;
    }

    private void hook(int i, long mfn) {
        memory.put64(tables[i] << Pte.PAGE_SHIFT, mfn == 0 ? 0 : Pte.of(mfn, HOOK));
        level3[i] = mfn;
        mmu.forgetRoot(tables[i] << Pte.PAGE_SHIFT);
    }

    /** Frame {@code mfn} is no level-3 table any more. */
    void forget(long mfn) {
        int i = find(mfn);
        if (i >= 0) {
            hook(i, 0);
        }
    }

    /** Lets go of all level-3 tables. */
    void release() {
        for (int i = 0; i < made; i++) {
            hook(i, 0);
        }
    }
}
