package xenolith.hypervisor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class FrameAllocatorTest {
    private static final int FIRST = 10;
    private static final int END = 1010;

    private static List<Long> take(FrameAllocator frames, int n) {
        List<Long> taken = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            taken.add(frames.take(-1));
        }
        return taken;
    }

    @Test
    void framesThatWereGivenBackLatelyComeLast() {
        FrameAllocator frames = new FrameAllocator(FIRST, END, 5);
        List<Long> dead = take(frames, 300);
        dead.forEach(mfn -> frames.give(mfn.intValue()));
        List<Long> next = take(frames, 500);
        assertThat(next).doesNotContainAnyElementsOf(dead).doesNotHaveDuplicates();
        assertThat(next).isNotEqualTo(next.stream().sorted().toList());
        List<Long> rest = take(frames, 500);
        assertThat(rest).containsAll(dead);
        // in another order than before, and not all of them together
        assertThat(rest.subList(200, 500)).isNotEqualTo(dead);
        assertThat(frames.take(-1)).isEqualTo(-1);
    }

    @Test
    void theOrderIsTheSeeds() {
        assertThat(take(new FrameAllocator(FIRST, END, 5), 1000))
                .isEqualTo(take(new FrameAllocator(FIRST, END, 5), 1000))
                .isNotEqualTo(take(new FrameAllocator(FIRST, END, 6), 1000))
                .doesNotHaveDuplicates();
    }

    @Test
    void whateverIsTakenAndGivenNoFrameIsLostOrThereTwice() {
        FrameAllocator frames = new FrameAllocator(FIRST, END, 1);
        SplittableRandom random = new SplittableRandom(7);
        TreeSet<Integer> taken = new TreeSet<>();
        for (int i = 0; i < 100_000; i++) {
            int what = random.nextInt(5);
            if (what < 2 && !taken.isEmpty()) {
                Integer mfn = taken.ceiling(random.nextInt(END));
                mfn = mfn == null ? taken.first() : mfn;
                taken.remove(mfn);
                frames.give(mfn);
            } else if (what == 4) {
                int order = random.nextInt(3);
                long first = frames.takeBlock(order, -1, END - random.nextInt(200));
                for (int n = 0; first >= 0 && n < 1 << order; n++) {
                    assertThat(taken.add((int) first + n)).isTrue();
                }
            } else {
                long mfn = frames.take(taken.isEmpty() ? -1 : taken.first());
                assertThat(mfn < 0 || taken.add((int) mfn)).isTrue();
            }
            assertThat(frames.size()).isEqualTo(END - FIRST - taken.size());
        }
        for (int mfn = FIRST; mfn < END; mfn++) {
            assertThat(frames.isFree(mfn)).isNotEqualTo(taken.contains(mfn));
        }
    }
}
