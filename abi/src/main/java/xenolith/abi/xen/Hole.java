package xenolith.abi.xen;

/** The hypervisor's part of the address space of a 32-bit PV guest (public/arch-x86). */
public final class Hole {
    /** First address: the machine-to-physical table, 4 bytes a frame. */
    public static final long START = 0xf580_0000L;

    /** Address behind the machine-to-physical table. */
    public static final long M2P_END = 0xffe0_0000L;

    private Hole() {}
}
