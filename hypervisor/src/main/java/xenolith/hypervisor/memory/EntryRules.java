package xenolith.hypervisor.memory;

import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Hole;

/** Which bits a PV guest may set in page-table entries, and which are set for it. */
public final class EntryRules {
    /** Set in entries of the guest's kernel, which have the U bit too (Xen's GUEST_KERNEL). */
    public static final long GUEST_KERNEL = 1L << 52;

    /** Bits 9 to 11, which the guest may use. */
    public static final long AVAIL = 7L << 9;

    private static final long AVAIL_HIGH = 0x7ffL << 52;

    private static final long ALLOWED =
            Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D | AVAIL | AVAIL_HIGH | Pte.NX | Pte.ADDRESS;

    /** Bits that may change without counting again. RW must never be here (XSA-182). */
    private static final long FAST = Pte.NX | AVAIL_HIGH | AVAIL | Pte.G | Pte.D | Pte.A | Pte.U;

    /** Of a 32-bit guest's level-3 entry: no NX, and no rights, which Xen sets. */
    private static final long ALLOWED_PAE_L3 =
            Pte.P | Pte.RW | Pte.U | Pte.A | Pte.D | AVAIL | Pte.ADDRESS;

    private static final int FIRST_XEN_L2_SLOT = Pte.index(Hole.START, 2);

    private EntryRules() {}

    /** The bits of {@code entry} that a table of {@code level} may not hold; 0 if it is fine. */
    public static long refused(long entry, int level, Abi abi) {
        if (level == 3 && abi == Abi.BITS32) {
            return entry & ~ALLOWED_PAE_L3;
        }
        return entry & ~(level == 1 ? ALLOWED | Pte.G : ALLOWED);
    }

    /** {@code entry} with the bits that Xen adds to present entries of {@code level}. */
    public static long adjust(long entry, int level, Abi abi) {
        if ((entry & Pte.P) == 0) {
            return entry;
        }
        if (abi == Abi.BITS32) {
            // Ring 1 is the supervisor: only level 3, which has no rights in PAE, needs any.
            return level == 3 ? entry | Pte.U | Pte.RW : entry;
        }
        return switch (level) {
            case 1 -> adjustLevel1(entry);
            case 4 -> entry | Pte.U | Pte.A;
            default -> entry | Pte.U;
        };
    }

    private static long adjustLevel1(long entry) {
        if ((entry & Pte.U) == 0) {
            entry |= GUEST_KERNEL | Pte.U;
        }
        if ((entry & GUEST_KERNEL) == 0) {
            entry |= Pte.G;
        }
        return entry;
    }

    /** Whether {@code from} may become {@code to}, both present or both not, with equal counts. */
    public static boolean similar(long from, long to) {
        return ((from ^ to) & ~FAST) == 0;
    }

    /** Whether {@code slot} of a table of {@code type} is the guest's. */
    public static boolean guestSlot(int type, int slot) {
        return switch (type) {
            case PageType.L4 -> guestSlot(slot);
            case PageType.XEN_L2 -> slot < FIRST_XEN_L2_SLOT;
            default -> true;
        };
    }

    /** Whether {@code slot} of a level-4 table is the guest's. */
    public static boolean guestSlot(int slot) {
        return slot < DomainMemory.FIRST_XEN_SLOT
                || slot >= DomainMemory.FIRST_XEN_SLOT + DomainMemory.XEN_SLOTS;
    }

    /** Whether {@code vaddr} is canonical and outside of the hypervisor's range. */
    public static boolean guestAddress(long vaddr, Abi abi) {
        if (abi == Abi.BITS32) {
            return vaddr >= 0 && vaddr < Hole.START;
        }
        return Pte.canonical(vaddr) && guestSlot(Pte.index(vaddr, 4));
    }
}
