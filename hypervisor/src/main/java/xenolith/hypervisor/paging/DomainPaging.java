package xenolith.hypervisor.paging;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Hole;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;

/**
 * The paging of one domain: its per-domain map (slot 260) and its vCPUs' pagings. The map gives
 * each vCPU 32 pages, 16 for the GDT and 16 for the LDT, at addresses of its own, because vCPUs may
 * share a level-4 table.
 */
public final class DomainPaging {
    /** First address of slot 260. */
    static final long PER_DOMAIN_START = 0xffff_8200_0000_0000L;

    private static final int PER_DOMAIN_SLOT = 260;
    private static final long TABLE = Pte.P | Pte.RW | Pte.A | Pte.D;

    private final XenTables xen;
    private final DomainMemory memory;
    private @Nullable BatchedPageTables batched;
    private final List<VcpuPaging> vcpus = new ArrayList<>();
    private final List<Long> ownTables = new ArrayList<>();
    private final long l2Mfn;

    public DomainPaging(XenTables xen, DomainMemory memory) {
        this.xen = xen;
        this.memory = memory;
        long l3Mfn = table();
        l2Mfn = table();
        frames().memory().put64(l3Mfn << 12, Pte.of(l2Mfn, TABLE));
        memory.setXenSlot(DomainMemory.FIRST_XEN_SLOT, xen.m2pEntry());
        memory.setXenSlot(PER_DOMAIN_SLOT, Pte.of(l3Mfn, TABLE));
        if (memory.compat()) {
            memory.setXenL2Slots(Pte.index(Hole.START, 2), xen.m2p32Entries());
        }
    }

    private long table() {
        long mfn = XenTables.allocate(xen.frames());
        ownTables.add(mfn);
        return mfn;
    }

    XenTables xen() {
        return xen;
    }

    FrameTable frames() {
        return memory.frames();
    }

    public DomainMemory memory() {
        return memory;
    }

    /** All vCPUs' pagings so far, in order of creation. */
    public List<VcpuPaging> vcpus() {
        return Collections.unmodifiableList(vcpus);
    }

    /** Adds {@code v}; machine address of its 32 level-1 entries in the per-domain map. */
    long add(VcpuPaging v) {
        long at = (l2Mfn << 12) + 8L * (v.id() / 16);
        if (frames().memory().get64(at) == 0) {
            frames().memory().put64(at, Pte.of(table(), TABLE));
        }
        vcpus.add(v);
        long l1Mfn = Pte.mfn(frames().memory().get64(at));
        return (l1Mfn << 12) + 8L * 32 * (v.id() % 16);
    }

    /** A level-4 table of the hypervisor, under which a 32-bit guest's tables are hooked. */
    long monitorTable() {
        return fillMonitor(table());
    }

    /** As {@link #monitorTable}, or -1 if there is no memory for it. */
    long tryMonitorTable() {
        long mfn = frames().allocateXen();
        if (mfn < 0) {
            return -1;
        }
        ownTables.add(mfn);
        return fillMonitor(mfn);
    }

    private long fillMonitor(long mfn) {
        int first = DomainMemory.FIRST_XEN_SLOT;
        for (int slot = first; slot < first + DomainMemory.XEN_SLOTS; slot++) {
            frames().memory().put64((mfn << 12) + 8L * slot, memory.xenSlot(slot));
        }
        return mfn;
    }

    /** Writable page tables are the historical batched ones from now on. */
    public void batchPageTables() {
        batched = new BatchedPageTables(memory);
    }

    /** The batched form of writable page tables, or null where each store is emulated. */
    public @Nullable BatchedPageTables batched() {
        return batched;
    }

    /** Flushes all TLBs of the domain. */
    public void flush() {
        memory.flush();
    }

    /** Releases all vCPUs, the memory of the domain and its own tables: the domain is dead. */
    public void release() {
        for (VcpuPaging v : vcpus) {
            v.release();
        }
        memory.release();
        for (long mfn : ownTables) {
            frames().freeXen(mfn);
        }
        ownTables.clear();
    }
}
