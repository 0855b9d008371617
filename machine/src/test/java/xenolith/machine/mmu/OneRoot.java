package xenolith.machine.mmu;

import xenolith.abi.x86.Pte;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.MachineMemory;

/** A machine with one address space that user code may access, for tests of the MMU. */
final class OneRoot implements AutoCloseable {
    /** Machine address of the level-4 table. */
    static final long TOP = 0x1000;

    /** Linear address from which tests map. */
    static final long BASE = 0x40_0000_0000L;

    final MachineMemory memory;
    final Mmu mmu;

    /**
     * @param frames machine frames there are
     */
    OneRoot(long frames) {
        memory = new MachineMemory(frames);
        mmu = new Mmu(memory, new GuestFault());
        mmu.setRoot(Mmu.KERNEL, TOP);
        mmu.setUser(Mmu.KERNEL, true);
        mmu.select(Mmu.KERNEL);
    }

    /** Has the entry for {@code va} in the table at {@code table} name {@code target}. */
    void put(long table, int level, long va, long target) {
        memory.put64(table + 8L * Pte.index(va, level), target | Pte.P | Pte.RW | Pte.U);
    }

    @Override
    public void close() {
        memory.close();
    }
}
