package xenolith.toolstack.build;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;

/**
 * What an image tells its loader (public/elfnote.h), defaults filled in.
 *
 * @param entry virtual address of the first instruction
 * @param hypercallPage virtual address of the page to fill with hypercall stubs, or null
 * @param virtBase virtual address of pseudo-physical address 0
 * @param paddrOffset subtracted from each p_paddr to get the pseudo-physical address
 * @param initP2m virtual address for the p2m list outside the first mapping, or null
 * @param modStartPfn whether the ramdisk may stay unmapped, mod_start then being a PFN
 * @param features names joined by a vertical bar, {@code !} before required ones
 * @param xenVersion the interface version, "xen-3.0"
 * @param loader the kind of loader wanted, "generic"
 * @param guestOs name of the system
 * @param bsdSymtab whether the symbol table is wanted behind the image
 * @param pvh whether the image has an entry for PVH domains
 * @param abi of a 64-bit or a 32-bit image
 * @param pae what a 32-bit image says of its page tables
 */
public record XenNotes(
        long entry,
        @Nullable Long hypercallPage,
        long virtBase,
        long paddrOffset,
        @Nullable Long initP2m,
        boolean modStartPfn,
        String features,
        String xenVersion,
        String loader,
        String guestOs,
        boolean bsdSymtab,
        boolean pvh,
        Abi abi,
        Pae pae) {}
