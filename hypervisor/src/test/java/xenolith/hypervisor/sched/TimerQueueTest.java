package xenolith.hypervisor.sched;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Timers fire in the order of their deadlines, and of their numbers where these are equal. */
class TimerQueueTest {
    private final TimerQueue queue = new TimerQueue();
    private final List<Long> fired = new ArrayList<>();

    private TimerQueue.Timer timer(long order) {
        return queue.timer(order, now -> fired.add(order));
    }

    @Test
    void firesWhatIsDueInOrder() {
        TimerQueue.Timer[] timers = new TimerQueue.Timer[5];
        for (int i = 4; i >= 0; i--) {
            timers[i] = timer(i);
        }
        timers[3].set(10);
        timers[1].set(20);
        timers[4].set(10);
        timers[0].set(30);
        assertThat(queue.first()).isEqualTo(10);
        queue.fire(20);
        assertThat(fired).containsExactly(3L, 4L, 1L);
        assertThat(queue.first()).isEqualTo(30);
        timers[0].set(TimerQueue.NEVER);
        assertThat(queue.first()).isEqualTo(TimerQueue.NEVER);
        queue.fire(Long.MAX_VALUE - 1);
        assertThat(fired).hasSize(3);
    }

    @Test
    void saysWhenTheFirstIsAnother() {
        TimerQueue.Timer a = timer(1);
        TimerQueue.Timer b = timer(2);
        a.set(10);
        assertThat(queue.takeFirstChanged()).isTrue();
        b.set(11);
        assertThat(queue.takeFirstChanged()).isFalse();
        b.set(9);
        assertThat(queue.takeFirstChanged()).isTrue();
        b.set(TimerQueue.NEVER);
        assertThat(queue.takeFirstChanged()).isTrue();
    }

    @Test
    void aTimerMaySetItselfAgain() {
        TimerQueue.Timer[] self = new TimerQueue.Timer[1];
        self[0] =
                queue.timer(
                        1,
                        now -> {
                            fired.add(now);
                            self[0].set(now + 5);
                        });
        self[0].set(3);
        queue.fire(4);
        queue.fire(8);
        queue.fire(9);
        assertThat(fired).containsExactly(4L, 9L);
        assertThat(self[0].deadline()).isEqualTo(14);
    }

    /** Against a plain search, with whatever is set and reset. */
    @Test
    void agreesWithASearch() {
        SplittableRandom random = new SplittableRandom(5);
        TimerQueue.Timer[] timers = new TimerQueue.Timer[200];
        for (int i = 0; i < timers.length; i++) {
            timers[i] = timer(i);
        }
        for (long now = 0; now < 20_000; now++) {
            boolean stop = random.nextInt(4) == 0;
            long deadline = stop ? TimerQueue.NEVER : now + random.nextInt(300);
            timers[random.nextInt(timers.length)].set(deadline);
            long first = TimerQueue.NEVER;
            for (TimerQueue.Timer t : timers) {
                first = Math.min(first, t.deadline());
            }
            assertThat(queue.first()).isEqualTo(first);
            if (random.nextInt(3) == 0) {
                expectDue(timers, now);
            }
        }
    }

    private void expectDue(TimerQueue.Timer[] timers, long now) {
        List<Long> due = new ArrayList<>();
        for (long deadline = 0; deadline <= now; deadline++) {
            if (queue.first() > now) {
                break;
            }
            for (int i = 0; i < timers.length; i++) {
                if (timers[i].deadline() == deadline) {
                    due.add((long) i);
                }
            }
        }
        fired.clear();
        queue.fire(now);
        assertThat(fired).isEqualTo(due);
    }
}
