package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Domid;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainListener;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.machine.engine.EngineKind;

/** A host as a daemon uses it: domains come and go, and whoever listens hears of it. */
class HostTest {
    private final Host host =
            Host.start(
                    HostConfig.of(32L << 20, 1, HostConfig.TimeMode.VIRTUAL),
                    EngineKind.INTERPRETER::on);

    @AfterEach
    void close() {
        host.close();
    }

    private DomainControl create(String name) throws ControlException {
        return host.create(new DomainConfig(name, new UUID(0, 1), 1, 64, -1));
    }

    /** Lets the host do what was posted. */
    private void turn() {
        host.run(host.domains().getFirst(), 0);
    }

    @Test
    void listenersHearOfLives() throws ControlException {
        List<String> heard = new ArrayList<>();
        host.listen(
                new DomainListener() {
                    @Override
                    public void shutdown(DomainControl domain, ShutdownReason reason) {
                        heard.add(domain.domid() + " " + reason);
                        domain.destroy();
                    }

                    @Override
                    public void changed(DomainControl domain) {
                        heard.add(domain.domid() + (domain.paused() ? " paused" : " runs"));
                    }

                    @Override
                    public void destroyed(int domid) {
                        heard.add(domid + " gone");
                    }
                });
        DomainControl one = create("one");
        create("two");
        turn();
        one.setPaused(true);
        one.setPaused(true);
        turn();
        one.setPaused(false);
        turn();
        host.hypervisor().domains().getLast().shutdown(ShutdownReason.REBOOT);
        assertThat(heard).doesNotContain("2 REBOOT");
        turn();
        assertThat(heard)
                .containsExactly("1 runs", "2 runs", "1 paused", "1 runs", "2 REBOOT", "2 gone");
        assertThat(host.domains()).containsExactly(one);
    }

    @Test
    void othersCallAndWait() throws Exception {
        AtomicReference<Object> answer = new AtomicReference<>();
        Thread caller =
                new Thread(() -> {
                    try {
                        answer.set(host.call(() -> create("late").domid()));
                        host.call(() -> {
                            throw new ControlException("no");
                        });
                    } catch (Exception e) {
                        answer.set(answer.get() + " " + e.getClass().getSimpleName());
                    }
                    host.stop();
                });
        caller.start();
        host.run();
        caller.join();
        assertThat(answer.get()).isEqualTo("1 ControlException");
        assertThatThrownBy(() -> host.call(() -> 7)).hasMessageContaining("the host has stopped");
    }

    @Test
    void numbersGoRoundBelowTheReservedOnes() throws ControlException {
        DomainControl first = create("first");
        DomainControl second = create("second");
        second.destroy();
        int last = 2;
        for (int i = 3; i < Domid.FIRST_RESERVED; i++) {
            last = host.hypervisor().nextDomid();
        }
        assertThat(last).isEqualTo(Domid.FIRST_RESERVED - 1);
        assertThat(first.domid()).isEqualTo(1);
        assertThat(create("third").domid()).isEqualTo(2);
    }

    @Test
    void aFullMachineIsASentence() {
        assertThatThrownBy(
                        () -> {
                            while (true) {
                                create("more");
                            }
                        })
                .isInstanceOf(ControlException.class)
                .hasMessageContaining("No memory for domain more");
    }
}
