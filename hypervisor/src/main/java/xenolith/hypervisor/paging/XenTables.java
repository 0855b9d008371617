package xenolith.hypervisor.paging;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Hole;
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

    /** Pages of the 4-byte table that the hole has room for. */
    private static final long M2P32_PAGES = Hole.M2P_END - Hole.START >>> 12;

    private final FrameTable frames;
    private final long m2pEntry;
    private final long flatDescriptorsMfn;
    private final long flatDescriptors32Mfn;
    private final long zeroMfn;
    private long @Nullable [] m2p32Entries;

    public XenTables(FrameTable frames) {
        this.frames = frames;
        this.m2pEntry = mapM2p();
        this.zeroMfn = allocate(frames);
        this.flatDescriptorsMfn = flatDescriptors(FLAT_DESCRIPTORS);
        this.flatDescriptors32Mfn = flatDescriptors(FLAT_DESCRIPTORS_32);
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
    long flatDescriptorsMfn(Abi abi) {
        return abi == Abi.BITS64 ? flatDescriptorsMfn : flatDescriptors32Mfn;
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
        for (long i = 0; i < frames.m2p().frameCount(); i++) {
            if ((i & 511) == 0) {
                if ((i >>> 9 & 511) == 0) {
                    l2 = allocate(frames);
                    memory.put64((l3 << 12) + 8 * (i >>> 18), Pte.of(l2, upper));
                }
                l1 = allocate(frames);
                memory.put64((l2 << 12) + 8 * (i >>> 9 & 511), Pte.of(l1, upper));
            }
            long entry = Pte.of(frames.m2p().firstMfn() + i, upper | Pte.NX);
            memory.put64((l1 << 12) + 8 * (i & 511), entry);
        }
        return Pte.of(l3, upper);
    }

    /** Ring 0: code, data; then of the guest, ring 3: 32-bit code, data, 64-bit code. */
    private static final long[] FLAT_DESCRIPTORS = {
        0,
        0x00af_9b00_0000_ffffL,
        0x00cf_9300_0000_ffffL,
        0,
        0x00cf_fb00_0000_ffffL,
        0x00cf_f300_0000_ffffL,
        0x00af_fb00_0000_ffffL
    };

    /** Ring 0: code, data; then of the guest: code and data of ring 1, code and data of ring 3. */
    private static final long[] FLAT_DESCRIPTORS_32 = {
        0,
        0x00af_9b00_0000_ffffL,
        0x00cf_9300_0000_ffffL,
        0x00cf_bb00_0000_ffffL,
        0x00cf_b300_0000_ffffL,
        0x00cf_fb00_0000_ffffL,
        0x00cf_f300_0000_ffffL
    };

    private long flatDescriptors(long[] descriptors) {
        long mfn = allocate(frames);
        for (int i = 0; i < descriptors.length; i++) {
            frames.memory().put64((mfn << 12) + 8L * i, descriptors[i]);
        }
        return mfn;
    }

    /**
     * Level-2 entries of the 4-byte machine-to-physical table from {@link Hole#START} on: for the
     * supervisor, which a 32-bit guest's kernel is, and read-only.
     */
    synchronized long[] m2p32Entries() {
        if (m2p32Entries == null) {
            m2p32Entries = mapM2p32();
        }
        return m2p32Entries;
    }

    /** Frames that {@link #m2p32Entries} takes, the first time. */
    public synchronized long m2p32Needs() {
        long pages = (frames.frames() + 1023) / 1024;
        return m2p32Entries != null ? 0 : pages + (pages + 511) / 512;
    }

    /** Makes the 4-byte table if there is none yet; false where there is no room for it. */
    public synchronized boolean makeM2p32() {
        if (frames.freeFrames() < m2p32Needs()) {
            return false;
        }
        m2p32Entries();
        return true;
    }

    private long[] mapM2p32() {
        long[] mfns = frames.m2p().make32(frames);
        MachineMemory memory = frames.memory();
        long[] entries = new long[512 - Pte.index(Hole.START, 2)];
        long l1 = 0;
        for (int i = 0; i < mfns.length && i < M2P32_PAGES; i++) {
            if ((i & 511) == 0) {
                l1 = allocate(frames);
                entries[i >>> 9] = Pte.of(l1, Pte.P | Pte.A | Pte.D);
            }
            memory.put64((l1 << 12) + 8L * (i & 511), Pte.of(mfns[i], Pte.P | Pte.A | Pte.D));
        }
        return entries;
    }
}
