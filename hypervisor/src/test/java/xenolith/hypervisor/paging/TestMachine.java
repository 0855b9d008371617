package xenolith.hypervisor.paging;

import java.util.ArrayList;
import java.util.List;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.Recount;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.MachineMemory;

/** A small machine with one domain of one vCPU, and hand-made page tables. */
final class TestMachine implements AutoCloseable {
    static final long P = Pte.P;
    static final long PRW = Pte.P | Pte.RW;
    static final long TABLE = Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D;

    final List<String> refusals = new ArrayList<>();
    final MachineMemory memory = new MachineMemory(2048);
    final FrameTable frames = new FrameTable(memory, 7, (domid, s) -> refusals.add(s));
    final XenTables xen = new XenTables(frames);
    final DomainMemory d = new DomainMemory(frames, 1, 400);
    final DomainPaging paging = new DomainPaging(xen, d);
    final Cpu cpu = new Cpu(memory, c -> 0);
    final VcpuPaging v = new VcpuPaging(paging, 0, cpu);
    long nextPfn;

    /** Tables of the address space made by {@link #tree}, by level. */
    final long[] table = new long[5];

    long frame() {
        return frames.allocate(d, nextPfn++);
    }

    void set(long tableMfn, int slot, long entry) {
        memory.put64(at(tableMfn, slot), entry);
    }

    long get(long tableMfn, int slot) {
        return memory.get64(at(tableMfn, slot));
    }

    static long at(long tableMfn, int slot) {
        return (tableMfn << 12) + 8L * slot;
    }

    /** Four tables, one of each level, that map addresses from 0 on; not validated. */
    void tree() {
        for (int level = 1; level <= 4; level++) {
            table[level] = frame();
            if (level > 1) {
                set(table[level], 0, Pte.of(table[level - 1], TABLE));
            }
        }
    }

    List<String> differences() {
        return Recount.differences(frames, Recount.OtherReferences.NONE);
    }

    @Override
    public void close() {
        memory.close();
    }
}
