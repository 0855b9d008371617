package xenolith.hypervisor.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Virq;
import xenolith.machine.memory.MachineMemory;

class EventAuditTest {
    private final MachineMemory memory = new MachineMemory(16);
    private final List<EventChannels> domains = new ArrayList<>();
    private int port;
    private int remote;

    private record Target(int domid, long sharedInfo) implements EventTarget {
        @Override
        public int vcpuCount() {
            return 2;
        }

        @Override
        public long vcpuInfo(int vcpu) {
            return sharedInfo + 64L * vcpu;
        }

        @Override
        public void wake(int vcpu) {}

        @Override
        public void wakePollers(int port) {}

        @Override
        public void queue(Runnable handler) {}
    }

    @BeforeEach
    void bind() {
        for (int domid = 0; domid < 2; domid++) {
            Target target = new Target(domid, 4096L * (domid + 1));
            domains.add(new EventChannels(memory, target, domains::get, -1));
        }
        remote = domains.get(1).allocateUnbound(0);
        port = domains.get(0).bindInterdomain(1, remote, null);
        domains.get(0).bindVirq(Virq.TIMER, 1);
        domains.get(1).bindIpi(1);
        assertThat(EventAudit.differences(domains)).isEmpty();
    }

    @AfterEach
    void free() {
        memory.close();
    }

    @Test
    void endsThatDoNotNameEachOther() {
        domains.get(1).port(remote).remotePort = 9;
        assertThat(EventAudit.differences(domains))
                .containsExactly(
                        "port 1 of d0 names port 1 of d1, which does not name it",
                        "port 1 of d1 names port 9 of d0, which does not name it");
    }

    @Test
    void anEndInADomainThatIsGone() {
        assertThat(EventAudit.differences(domains.subList(0, 1)))
                .containsExactly("port 1 of d0 has its other end in a domain that is gone");
    }

    @Test
    void aVirqThatGoesElsewhere() {
        domains.get(0).port(port + 1).virq = Virq.DEBUG;
        assertThat(EventAudit.differences(domains))
                .containsExactlyInAnyOrder(
                        "port 2 of d0 is VIRQ 1, which goes elsewhere",
                        "port 2 of d0 is where VIRQ 0 of vCPU 1 goes");
    }

    @Test
    void aVcpuThatIsNotThere() {
        domains.get(1).port(remote).vcpu = 2;
        assertThat(EventAudit.differences(domains))
                .containsExactly("port 1 of d1 belongs to vCPU 2, which is not there");
    }
}
