package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Pte;
import xenolith.hypervisor.memory.DomainMemory;

/** Random requests, most of them nearly right: whatever is accepted, the counts must agree. */
class HostileGuestTest {
    private static final int POOL = 24;

    private SplittableRandom random = new SplittableRandom();
    private TestMachine m = new TestMachine();
    private final long[] pool = new long[POOL];
    private int accepted;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void countsAgreeAfterRandomRequests(long seed) {
        random = new SplittableRandom(seed);
        m.close();
        m = new TestMachine();
        DomainMemory other = new DomainMemory(m.frames, 2, 10);
        for (int i = 0; i < POOL; i++) {
            pool[i] = m.frame();
        }
        pool[POOL - 1] = m.frames.allocate(other, 5);
        pool[POOL - 2] = m.frames.allocateShared(m.d);
        long shared = pool[POOL - 2];
        for (int step = 0; step < 4000; step++) {
            accepted += request() == 0 ? 1 : 0;
            if (step % 200 == 0) {
                assertThat(m.differences()).as("seed %d step %d", seed, step).isEmpty();
            }
        }
        assertThat(m.differences()).isEmpty();
        assertThat(accepted).as("otherwise nothing was tested").isGreaterThan(400);
        m.frames.freeShared(shared);
        m.paging.release();
        other.release();
        m.frames.finishReaping();
        assertThat(m.differences()).isEmpty();
        assertThat(m.d.totalPages()).isZero();
        for (long mfn : pool) {
            assertThat(m.frames.owner(mfn)).isIn(-1, 0x7ff2);
        }
        m.close();
    }

    private long mfn() {
        return switch (random.nextInt(40)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextInt(2500);
            case 2 -> -1;
            default -> pool[random.nextInt(POOL)];
        };
    }

    private long entry() {
        long flags = random.nextInt(4) == 0 ? 0 : Pte.P;
        flags |= random.nextInt(3) == 0 ? Pte.RW : 0;
        flags |= random.nextInt(2) == 0 ? Pte.U : 0;
        flags |= random.nextInt(30) == 0 ? 1L << random.nextInt(12) : 0;
        flags |= random.nextInt(30) == 0 ? 1L << 52 + random.nextInt(12) : 0;
        return mfn() << 12 & Pte.ADDRESS | flags;
    }

    private long vaddr() {
        return random.nextInt(10) == 0 ? random.nextLong() : (long) random.nextInt(8) << 12;
    }

    private long request() {
        return switch (random.nextInt(14)) {
            case 0, 1, 2 -> {
                int slot = random.nextInt(20) == 0 ? random.nextInt(512) : random.nextInt(4);
                long ptr = (mfn() << 12) + 8L * slot;
                yield MmuUpdate.update(m.d, 1, ptr + random.nextInt(3), entry());
            }
            case 3 -> MmuextOp.pin(m.paging, 1 + random.nextInt(4), mfn());
            case 4 -> MmuextOp.unpin(m.paging, mfn());
            case 5 -> m.v.setKernelRoot(mfn());
            case 6 -> m.v.setUserRoot(random.nextInt(3) == 0 ? 0 : mfn());
            case 7 -> MmuUpdate.updateVaMapping(m.v, 1, vaddr(), entry());
            case 8 -> m.v.setGdt(new long[] {mfn(), mfn()}, random.nextInt(3) * 512);
            case 9 -> {
                m.v.setLdt(vaddr(), random.nextInt(600));
                yield m.v.mapLdtPage(m.cpu.ldtBase + random.nextInt(8192)) ? 0 : -1;
            }
            case 10 -> MmuextOp.clearPage(m.paging, mfn());
            case 11 -> MmuextOp.copyPage(m.paging, mfn(), mfn());
            case 12 -> replaceFrame();
            default -> grant();
        };
    }

    private long replaceFrame() {
        int i = random.nextInt(POOL - 2);
        long rc = Reservation.decrease(m.d, pool[i], 0);
        if (rc == 0) {
            long mfn = Reservation.populate(m.d, i, 0, 0);
            pool[i] = mfn > 0 ? mfn : pool[i];
        }
        return rc;
    }

    private long grant() {
        boolean readOnly = random.nextBoolean();
        long foreign = pool[POOL - 1];
        boolean held =
                readOnly ? m.frames.getPage(foreign, 2) : m.frames.getPageWritable(foreign, 2);
        if (held && GrantMapping.create(m.v, vaddr(), false, foreign, readOnly, false, 0) == 0) {
            return 0;
        }
        if (held && readOnly) {
            m.frames.putPage(foreign);
        } else if (held) {
            m.frames.putPageWritable(foreign);
        }
        return -1;
    }
}
