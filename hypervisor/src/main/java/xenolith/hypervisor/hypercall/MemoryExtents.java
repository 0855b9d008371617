package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Field;
import xenolith.abi.struct.Layout;
import xenolith.hypervisor.domain.Vcpu;

/**
 * struct xen_memory_reservation (public/memory.h): a list of extents of 2^order frames.
 *
 * @param list address of the list of frame numbers
 * @param count how many there are; any value
 * @param order any value of 32 bits
 * @param flags XENMEMF_*
 * @param domid whose memory it is
 */
record MemoryExtents(long list, long count, long order, long flags, long domid) {
    private static final int NODE = 0xff00;
    private static final int EXACT_NODE = 1 << 17;
    private static final int VNODE = 1 << 18;

    private static final Layout LAYOUT = new Layout();
    private static final Field LIST = LAYOUT.word();
    private static final Field COUNT = LAYOUT.word();
    private static final Field ORDER = LAYOUT.bytes(4);
    private static final Field FLAGS = LAYOUT.bytes(4);
    private static final Field DOMID = LAYOUT.bytes(2);
    static final Field SIZE = LAYOUT.end();

    static MemoryExtents at(Vcpu v, long arg) {
        return new MemoryExtents(
                GuestAccess.get(v, arg, LIST),
                GuestAccess.get(v, arg, COUNT),
                GuestAccess.get(v, arg, ORDER),
                GuestAccess.get(v, arg, FLAGS),
                GuestAccess.get(v, arg, DOMID));
    }

    /** Whether the number of frames is less than 2^64; the order is less than 64. */
    boolean fits() {
        return Long.compareUnsigned(-1L >>> order, count) >= 0;
    }

    /** Whether the number of frames is less than 2^32. */
    boolean fitsInt() {
        return order < 32 && 0xffff_ffffL >>> order >= count;
    }

    /** Whether the list from element {@code from} on is all the guest's, mapped or not. */
    boolean reachable(Vcpu v, long from) {
        int word = v.domain.abi().word();
        return Long.compareUnsigned(count, 1L << 58) < 0
                && GuestAccess.allowed(v, list + from * word, (count - from) * word);
    }

    /** XENMEMF_exact_node: the frames are to be those of one node of the machine. */
    boolean insistsOnNode() {
        return (flags & NODE) != 0 && (flags & EXACT_NODE) != 0;
    }

    /** XENMEMF_vnode: the node is one of the domain's, of which no domain has any here. */
    boolean virtualNode() {
        return (flags & VNODE) != 0;
    }

    /** XENMEMF_address_bits: bits a machine address may have, 0 for any. */
    int addressBits() {
        return (int) flags & 0xff;
    }
}
