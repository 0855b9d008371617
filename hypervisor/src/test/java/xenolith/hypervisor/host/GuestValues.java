package xenolith.hypervisor.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import xenolith.abi.struct.Abi;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.memory.PageType;

/**
 * Numbers by chance that mean something to one guest, most of them nearly right, and its pages 8 to
 * 15, into which arguments are laid.
 */
class GuestValues {
    static final int FIRST_SCRATCH = 8;
    private static final int SCRATCH_PAGES = 8;
    private static final int FIRST_FREE = FIRST_SCRATCH + SCRATCH_PAGES;

    final SplittableRandom random;
    final FrameTable frames;
    final TestHost.Guest g;
    final Abi abi;
    private final int[] domids;

    /** Where the next argument goes. */
    private long next;

    GuestValues(SplittableRandom random, TestHost.Guest g, int[] domids) {
        this.random = random;
        this.g = g;
        this.frames = g.d.hypervisor.frames;
        this.abi = g.d.abi();
        this.domids = domids;
    }

    boolean rarely() {
        return random.nextInt(24) == 0;
    }

    long odd() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> 1L << random.nextInt(64);
            case 2 -> -1L - random.nextInt(8192);
            case 3 ->
                    (abi == Abi.BITS64 ? 0xffff_8000_0000_0000L : 0xf580_0000L)
                            + random.nextInt(1 << 20)
                            - 4096;
            default -> random.nextInt(1 << 16);
        };
    }

    long small(int bound) {
        return rarely() ? odd() : random.nextInt(bound);
    }

    int page() {
        int pages = g.mfns.length;
        return random.nextInt(12) == 0
                ? random.nextInt(pages)
                : FIRST_FREE + random.nextInt(pages - FIRST_FREE);
    }

    long mfn() {
        return rarely() ? odd() : g.mfns[page()];
    }

    long va() {
        return rarely() ? odd() : (long) page() << 12;
    }

    long domid() {
        return switch (random.nextInt(6)) {
            case 0, 1, 2 -> 0x7ff0;
            case 3 -> rarely() ? odd() & 0xffff : 0x7ff1 + random.nextInt(3);
            default -> rarely() ? random.nextInt(9) : peer();
        };
    }

    /** One of the domains that take part. */
    int peer() {
        return domids[random.nextInt(domids.length)];
    }

    long entry() {
        long flags = random.nextInt(4) == 0 ? 0 : Pte.P;
        flags |= random.nextInt(3) == 0 ? Pte.RW : 0;
        flags |= random.nextBoolean() ? Pte.U : 0;
        flags |= rarely() ? 1L << random.nextInt(12) : 0;
        flags |= rarely() ? 1L << 52 + random.nextInt(12) : 0;
        return mfn() << 12 & Pte.ADDRESS | flags;
    }

    /** Machine address of a slot of a page that may be a page table. */
    long slot() {
        int slot = random.nextInt(8) == 0 ? random.nextInt(512) : 40 + random.nextInt(8);
        return (mfn() << 12) + 8L * slot;
    }

    // ---- the guest's memory ------------------------------------------------------------------

    Arguments args() {
        return new Arguments(abi);
    }

    /** Lays {@code a} down and says where, as a rule. */
    long lay(Arguments a) {
        byte[] bytes = a.bytes();
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long at = FIRST_SCRATCH * 4096L + next;
        for (int i = 0; i < bytes.length; i += 4) {
            poke(at + i, b.getInt(i));
        }
        next = (next + bytes.length + 64) % ((SCRATCH_PAGES - 1) * 4096L) & -8L;
        return rarely() ? odd() : at;
    }

    /** The guest stores 4 bytes, if some entry of its own lets it. */
    private void poke(long va, int value) {
        long mfn = g.mfns[(int) (va >>> 12)];
        boolean mapped =
                frames.owner(mfn) == g.d.domid()
                        && frames.type(mfn) == PageType.WRITABLE
                        && frames.typeCount(mfn) > 0;
        if (mapped) {
            g.put32(va, value & 0xffff_ffffL);
        }
    }

    /**
     * The guest stores something somewhere, as it may at any time: in pages that the hypervisor
     * reads, too, such as control blocks of events, and in shared_info.
     */
    void scribble() {
        int value = random.nextBoolean() ? (int) odd() : 1 << random.nextInt(32);
        if (random.nextInt(4) == 0) {
            long at = g.d.sharedInfo() + 4L * random.nextInt(1024);
            g.d.hypervisor.memory.put32(at, value & 0xffff_ffffL);
        } else {
            int offset = random.nextBoolean() ? random.nextInt(16) : random.nextInt(1024);
            poke(((long) page() << 12) + 4L * offset, value);
        }
    }

    /** A list of words: frame numbers or the like. */
    long list(long... words) {
        Arguments a = args();
        for (long w : words) {
            a.word(w);
        }
        return lay(a);
    }
}
