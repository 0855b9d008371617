package xenolith.machine.interpret;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import xenolith.machine.cpu.Cpu;

/** One instruction with its store held back. */
class CapturedStoreTest {
    /**
     * A kick from another thread (a disk that has answered, a timer) says nothing of the
     * instruction: its store must not become a fault of the guest, nor may the kick be lost.
     */
    @Test
    void kicksDoNotTakeTheStoreAway() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            guest.code("48871a");
            guest.cpu.rdx = TinyGuest.DATA + 8;
            guest.cpu.rbx = 3;
            guest.memory.put64(TinyGuest.maddr(TinyGuest.DATA) + 8, 5);
            guest.protect(TinyGuest.DATA, 5);
            guest.cpu.kick();
            var store =
                    Objects.requireNonNull(
                            guest.interpreter.captureStore(guest.cpu, TinyGuest.DATA + 8));
            assertThat(store.value()).isEqualTo(3);
            assertThat(store.oldValue()).isEqualTo(5);
            assertThat(guest.cpu.rbx).isEqualTo(5);
            assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE + 3);
            assertThat(guest.cpu.kicked()).isTrue();
        }
    }
}
