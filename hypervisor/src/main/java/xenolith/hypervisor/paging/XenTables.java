package xenolith.hypervisor.paging;

import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

/**
 * Page tables and pages of the hypervisor that all guests share: the machine-to-physical map and
 * the page of flat segment descriptors. One a machine.
 */
public final class XenTables {
    /** First address of the read-only machine-to-physical table, slot 256. */
    public static final long M2P_START = 0xffff_8000_0000_0000L;

    /** Bytes of the address range of the machine-to-physical table. */
    public static final long M2P_SIZE = 1L << 38;

    /** Entry (of the GDT) of the first flat descriptor's page: selector 0xe000. */
    public static final int FIRST_RESERVED_ENTRY = 14 * 512;

    private final FrameTable frames;
    private final long m2pEntry;
    private final long flatDescriptorsMfn;
    private final long zeroMfn;

    public XenTables(FrameTable frames) {
        this.frames = frames;
        this.m2pEntry = mapM2p();
        this.zeroMfn = allocate(frames);
        this.flatDescriptorsMfn = flatDescriptors();
    }

    /** A zeroed frame of the hypervisor, or an exception if the machine has none left. */
    static long allocate(FrameTable frames) {
        long mfn = frames.allocateXen();
        if (mfn < 0) {
            throw new IllegalStateException("the machine has no free frame left");
        }
        return mfn;
    }

    FrameTable frames() {
        return frames;
    }

    /** Level-4 entry of slot 256. */
    long m2pEntry() {
        return m2pEntry;
    }

    /** Page 14 of every GDT. */
    long flatDescriptorsMfn() {
        return flatDescriptorsMfn;
    }

    /** A page of zeros for the parts of a GDT that are not set. */
    long zeroMfn() {
        return zeroMfn;
    }

    /** Address behind the machine-to-physical table as XENMEM_machphys_mapping tells it. */
    public long m2pEnd() {
        return M2P_START + M2P_SIZE;
    }

    private long mapM2p() {
        MachineMemory memory = frames.memory();
        long upper = Pte.P | Pte.U | Pte.A | Pte.D;
        long l3 = allocate(frames);
        long l2 = 0;
        long l1 = 0;
        for (long i = 0; i < frames.m2pFrameCount(); i++) {
            if ((i & 511) == 0) {
                if ((i >>> 9 & 511) == 0) {
                    l2 = allocate(frames);
                    memory.put64((l3 << 12) + 8 * (i >>> 18), Pte.of(l2, upper));
                }
                l1 = allocate(frames);
                memory.put64((l2 << 12) + 8 * (i >>> 9 & 511), Pte.of(l1, upper));
            }
            long entry = Pte.of(frames.m2pFirstMfn() + i, upper | Pte.NX);
            memory.put64((l1 << 12) + 8 * (i & 511), entry);
        }
        return Pte.of(l3, upper);
    }

    private long flatDescriptors() {
        long mfn = allocate(frames);
        long page = mfn << 12;
        MachineMemory memory = frames.memory();
        memory.put64(page + 0x08, 0x00af_9b00_0000_ffffL);
        memory.put64(page + 0x10, 0x00cf_9300_0000_ffffL);
        memory.put64(page + 0x20, 0x00cf_fb00_0000_ffffL);
        memory.put64(page + 0x28, 0x00cf_f300_0000_ffffL);
        memory.put64(page + 0x30, 0x00af_fb00_0000_ffffL);
        return mfn;
    }
}
