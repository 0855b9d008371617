package xenolith.hypervisor.sched;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Turns go round in the order of arrival. */
class RunQueueTest {
    private final RunQueue<String> queue = new RunQueue<>();

    @Test
    void whoCanStillRunComesBackLast() {
        queue.add("a");
        queue.add("b");
        queue.add("a");
        assertThat(queue.next()).isEqualTo("a");
        queue.add("a");
        queue.add("c");
        queue.end(true);
        assertThat(queue.next()).isEqualTo("b");
        queue.end(false);
        assertThat(queue.next()).isEqualTo("c");
        queue.end(true);
        assertThat(queue.next()).isEqualTo("a");
        queue.end(true);
        assertThat(queue.waiting()).isEqualTo(2);
    }

    @Test
    void whoCannotRunHasNoTurn() {
        queue.add("a");
        queue.add("b");
        queue.remove("a");
        assertThat(queue.next()).isEqualTo("b");
        queue.remove("b");
        queue.end(false);
        assertThat(queue.next()).isNull();
    }
}
