package xenolith.hypervisor.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.abi.xen.Virq;
import xenolith.machine.memory.MachineMemory;

class EventChannelsTest {
    private final MachineMemory memory = new MachineMemory(16);
    private final Map<Integer, EventChannels> domains = new HashMap<>();
    private final Target guest = new Target(1, 2, 0x1000);
    private final Target dom0 = new Target(0, 1, -1);
    private final EventChannels events = channels(guest, -1);
    private final EventChannels control = channels(dom0, -1);

    private EventChannels channels(Target target, int max) {
        EventChannels e = new EventChannels(memory, target, domains::get, max);
        domains.put(target.domid, e);
        return e;
    }

    /** XSA-342: its words have 32 bits; what lies behind 1,024 of them is something else. */
    @Test
    void a32BitDomainHas1024Ports() {
        guest.abi = Abi.BITS32;
        for (int port = 1; port < 1024; port++) {
            assertThat(events.bindIpi(0)).isEqualTo(port);
        }
        assertThat(events.bindIpi(0)).isEqualTo(-Errno.ENOSPC);
    }

    @AfterEach
    void free() {
        memory.close();
    }

    /** A domain of which only the pages exist. */
    private static final class Target implements EventTarget {
        final int domid;
        final int vcpus;
        final long shared;
        Abi abi = Abi.BITS64;
        final List<Integer> woken = new ArrayList<>();
        final List<Integer> polled = new ArrayList<>();
        final List<Runnable> queue = new ArrayList<>();

        Target(int domid, int vcpus, long shared) {
            this.domid = domid;
            this.vcpus = vcpus;
            this.shared = shared;
        }

        @Override
        public Abi abi() {
            return abi;
        }

        @Override
        public int domid() {
            return domid;
        }

        @Override
        public int vcpuCount() {
            return vcpus;
        }

        @Override
        public long vcpuInfo(int vcpu) {
            return shared + (long) vcpu * VcpuInfo.SIZE;
        }

        @Override
        public long sharedInfo() {
            return shared;
        }

        @Override
        public void wake(int vcpu) {
            woken.add(vcpu);
        }

        @Override
        public void wakePollers(int port) {
            polled.add(port);
        }

        @Override
        public void queue(Runnable handler) {
            queue.add(handler);
        }
    }

    private static EventChannels.Status status(EventChannels e, int port) {
        return Objects.requireNonNull(e.status(port));
    }

    private long pendingWord() {
        return memory.get64(guest.shared + SharedInfo.EVTCHN_PENDING.at(Abi.BITS64));
    }

    private long selector(int vcpu) {
        return memory.get64(guest.vcpuInfo(vcpu) + VcpuInfo.EVTCHN_PENDING_SEL.at(Abi.BITS64));
    }

    private long upcall(int vcpu) {
        return memory.get8(guest.vcpuInfo(vcpu) + VcpuInfo.EVTCHN_UPCALL_PENDING);
    }

    private void mask(long word) {
        memory.put64(guest.shared + SharedInfo.EVTCHN_MASK.at(Abi.BITS64), word);
    }

    @Test
    void portZeroIsNeverGivenOut() {
        assertThat(events.allocateUnbound(0)).isEqualTo(1);
        assertThat(events.send(0)).isEqualTo(-Errno.EINVAL);
        assertThat(events.close(0)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void anIpiSetsPendingSelectorAndUpcallOnce() {
        int port = events.bindIpi(1);
        assertThat(events.send(port)).isZero();
        assertThat(pendingWord()).isEqualTo(1L << port);
        assertThat(selector(1)).isEqualTo(1);
        assertThat(upcall(1)).isEqualTo(1);
        assertThat(upcall(0)).isZero();
        events.send(port);
        assertThat(guest.woken).containsExactly(1);
        assertThat(guest.polled).as("only news").containsExactly(port);
    }

    @Test
    void aMaskedPortOnlyBecomesPendingUntilItIsUnmasked() {
        int port = events.bindIpi(0);
        mask(-1);
        events.send(port);
        assertThat(pendingWord()).isEqualTo(1L << port);
        assertThat(upcall(0)).isZero();
        assertThat(events.unmask(port)).isZero();
        assertThat(upcall(0)).isEqualTo(1);
        assertThat(selector(0)).isEqualTo(1);
    }

    @Test
    void unmaskingAPortThatWasNotMaskedRaisesNothing() {
        int port = events.bindIpi(0);
        events.send(port);
        memory.put8(guest.vcpuInfo(0) + VcpuInfo.EVTCHN_UPCALL_PENDING, 0);
        memory.put64(guest.vcpuInfo(0) + VcpuInfo.EVTCHN_PENDING_SEL.at(Abi.BITS64), 0);
        events.unmask(port);
        assertThat(upcall(0)).isZero();
    }

    @Test
    void bindingTellsTheBindingSideAndSendingRunsItsHandler() {
        int port = events.allocateUnbound(0);
        Runnable handler = () -> {};
        int near = control.bindInterdomain(1, port, handler);
        assertThat(near).isPositive();
        assertThat(dom0.queue).containsExactly(handler);
        events.send(port);
        assertThat(dom0.queue).hasSize(2);
        control.send(near);
        assertThat(upcall(0)).isEqualTo(1);
        EventChannels.Status s = status(events, port);
        assertThat(s.state()).isEqualTo(Evtchn.STATUS_INTERDOMAIN);
        assertThat(s.remotePort()).isEqualTo(near);
    }

    @Test
    void onlyTheNamedDomainMayBind() {
        int port = events.allocateUnbound(7);
        assertThat(control.bindInterdomain(1, port, null)).isEqualTo(-Errno.EINVAL);
        assertThat(control.bindInterdomain(9, port, null)).isEqualTo(-Errno.ESRCH);
    }

    @Test
    void closingOneEndLeavesTheOtherUnbound() {
        int port = events.allocateUnbound(0);
        int near = control.bindInterdomain(1, port, () -> {});
        control.close(near);
        assertThat(status(events, port).state()).isEqualTo(Evtchn.STATUS_UNBOUND);
        assertThat(events.send(port)).isZero();
        assertThat(control.bindInterdomain(1, port, () -> {})).isPositive();
    }

    @Test
    void sendToAnUnboundPortDoesNothingAndToAClosedOneFails() {
        int port = events.allocateUnbound(0);
        assertThat(events.send(port)).isZero();
        assertThat(pendingWord()).isZero();
        events.close(port);
        assertThat(events.send(port)).isEqualTo(-Errno.EINVAL);
        assertThat(events.send(-1)).isEqualTo(-Errno.EINVAL);
        assertThat(events.send(0xffff_ffffL)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void virqsAreBoundOnceAVcpuAndGlobalOnesOnVcpuZero() {
        int port = events.bindVirq(Virq.TIMER, 1);
        assertThat(port).isPositive();
        assertThat(events.bindVirq(Virq.TIMER, 1)).isEqualTo(-Errno.EEXIST);
        assertThat(events.bindVirq(Virq.TIMER, 0)).isPositive();
        assertThat(events.bindVirq(Virq.CONSOLE, 1)).isEqualTo(-Errno.EINVAL);
        assertThat(events.bindVirq(Virq.TIMER, 2)).isEqualTo(-Errno.ENOENT);
        assertThat(events.bindVirq(99, 0)).isEqualTo(-Errno.EINVAL);
        events.raiseVirq(1, Virq.TIMER);
        assertThat(upcall(1)).isEqualTo(1);
        events.close(port);
        assertThat(events.bindVirq(Virq.TIMER, 1)).isPositive();
    }

    @Test
    void perVcpuPortsCannotMoveAndOthersCan() {
        assertThat(events.bindVcpu(events.bindIpi(0), 1)).isEqualTo(-Errno.EINVAL);
        assertThat(events.bindVcpu(events.bindVirq(Virq.TIMER, 0), 1)).isEqualTo(-Errno.EINVAL);
        int port = events.allocateUnbound(0);
        int near = control.bindInterdomain(1, port, () -> {});
        assertThat(events.bindVcpu(port, 1)).isZero();
        control.send(near);
        assertThat(upcall(1)).isEqualTo(1);
        assertThat(events.bindVcpu(port, 2)).isEqualTo(-Errno.ENOENT);
    }

    @Test
    void portsRunOutAtTheLimit() {
        EventChannels few = channels(new Target(3, 1, 0x2000), 4);
        for (int i = 1; i <= 4; i++) {
            assertThat(few.allocateUnbound(Domid.SELF)).isEqualTo(i);
        }
        assertThat(few.allocateUnbound(Domid.SELF)).isEqualTo(-Errno.ENOSPC);
        assertThat(status(few, 1).remoteDomid()).isEqualTo(3);
    }

    @Test
    void closingForgetsAPendingBit() {
        int port = events.bindIpi(0);
        events.send(port);
        events.close(port);
        assertThat(pendingWord()).isZero();
    }
}
