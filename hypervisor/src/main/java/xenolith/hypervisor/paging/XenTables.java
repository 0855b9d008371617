package xenolith.hypervisor.paging;

import xenolith.hypervisor.memory.FrameTable;

/**
 * Page tables of the hypervisor that all guests share: the machine-to-physical map. One a machine.
 */
public final class XenTables {
    /** First address of the read-only machine-to-physical table, slot 256. */
    public static final long M2P_START = 0xffff_8000_0000_0000L;

    public XenTables(FrameTable frames) {
        throw new UnsupportedOperationException();
    }

    /** Address behind the machine-to-physical table as XENMEM_machphys_mapping tells it. */
    public long m2pEnd() {
        throw new UnsupportedOperationException();
    }
}
