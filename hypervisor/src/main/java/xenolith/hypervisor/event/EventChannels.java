package xenolith.hypervisor.event;

import static xenolith.abi.xen.Evtchn.STATUS_CLOSED;
import static xenolith.abi.xen.Evtchn.STATUS_INTERDOMAIN;
import static xenolith.abi.xen.Evtchn.STATUS_IPI;
import static xenolith.abi.xen.Evtchn.STATUS_UNBOUND;
import static xenolith.abi.xen.Evtchn.STATUS_VIRQ;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Domid;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Virq;
import xenolith.machine.memory.MachineMemory;

/**
 * A domain's event channels, 2-level ABI (public/event_channel.h). Operations return a port or 0,
 * or a negated {@link Errno}. Port 0 is never valid. Ports come from the guest and are unsigned.
 */
public final class EventChannels {
    private final EventTarget target;
    private final EventBits bits;
    private final IntFunction<@Nullable EventChannels> domains;
    private final int limit;

    /** Indexed by port; port 0 is a channel that stays closed. */
    private final List<Channel> ports = new ArrayList<>();

    /** Port of each vCPU's VIRQ, or 0: {@code [vcpu][virq]}. */
    private final int[][] virqPorts;

    /**
     * @param domains finds another domain's channels by its number
     * @param maxPorts ports the domain may use (1 to 4096); -1 for all
     */
    public EventChannels(
            MachineMemory memory,
            EventTarget target,
            IntFunction<@Nullable EventChannels> domains,
            int maxPorts) {
        this.target = target;
        this.bits = new EventBits(memory, target);
        this.domains = domains;
        // maxPorts is the highest port number: xl's max_event_channels counts from 0.
        this.limit =
                maxPorts < 0
                        ? EventBits.ports(target.abi())
                        : (int) Math.min(EventBits.ports(target.abi()), maxPorts + 1L);
        this.virqPorts = new int[target.vcpuCount()][Virq.COUNT];
        ports.add(new Channel());
    }

    private int allocate() {
        for (int port = 1; port < limit; port++) {
            if (port == ports.size()) {
                ports.add(new Channel());
            }
            if (ports.get(port).state == STATUS_CLOSED) {
                return port;
            }
        }
        return refuse(Errno.ENOSPC, "all ports below " + limit + " are in use");
    }

    private int refuse(int errno, String sentence) {
        target.refuse(sentence);
        return -errno;
    }

    private int noSuchVcpu(long vcpu) {
        return refuse(Errno.ENOENT, "there is no vCPU " + vcpu);
    }

    private int closed(long port) {
        return refuse(Errno.EINVAL, "port " + port + " is not in use");
    }

    private @Nullable Channel channel(long port) {
        if (port <= 0 || port >= ports.size()) {
            return null;
        }
        Channel c = ports.get((int) port);
        return c.state == STATUS_CLOSED ? null : c;
    }

    /** Allocates a port that {@code remoteDomid} may bind. */
    public int allocateUnbound(int remoteDomid) {
        int port = allocate();
        if (port > 0) {
            Channel c = ports.get(port);
            c.state = STATUS_UNBOUND;
            c.remoteDomid = remoteDomid == Domid.SELF ? target.domid() : remoteDomid;
        }
        return port;
    }

    /** Binds a new port to the unbound {@code remotePort} of {@code remoteDomid}. */
    public int bindInterdomain(int remoteDomid, long remotePort, @Nullable Runnable handler) {
        int domid = remoteDomid == Domid.SELF ? target.domid() : remoteDomid;
        EventChannels other = domains.apply(domid);
        if (other == null) {
            return refuse(Errno.ESRCH, "there is no domain " + domid);
        }
        Channel far = other.channel(remotePort);
        if (far == null || far.state != STATUS_UNBOUND || far.remoteDomid != target.domid()) {
            String why = "port " + remotePort + " of d" + domid + " does not wait for d";
            return refuse(Errno.EINVAL, why + target.domid());
        }
        int port = allocate();
        if (port < 0) {
            return port;
        }
        Channel near = ports.get(port);
        near.state = STATUS_INTERDOMAIN;
        near.remote = other;
        near.remotePort = (int) remotePort;
        near.remoteDomid = domid;
        near.handler = handler;
        far.state = STATUS_INTERDOMAIN;
        far.remote = this;
        far.remotePort = port;
        // The other side may have sent before: the binding side looks once.
        raise(port, near);
        return port;
    }

    /** Binds {@code virq} of {@code vcpu} to a new port. */
    public int bindVirq(long virq, long vcpu) {
        if (virq < 0 || virq >= Virq.COUNT) {
            return refuse(Errno.EINVAL, "there is no VIRQ " + virq);
        }
        int v = (int) virq;
        if (!Virq.perVcpu(v) && vcpu != 0) {
            return refuse(Errno.EINVAL, "VIRQ " + virq + " is global: it goes to vCPU 0");
        }
        if (vcpu < 0 || vcpu >= target.vcpuCount()) {
            return noSuchVcpu(vcpu);
        }
        if (virqPorts[(int) vcpu][v] != 0) {
            return refuse(Errno.EEXIST, "VIRQ " + virq + " of vCPU " + vcpu + " is bound");
        }
        int port = allocate();
        if (port > 0) {
            Channel c = ports.get(port);
            c.state = STATUS_VIRQ;
            c.virq = v;
            c.vcpu = (int) vcpu;
            virqPorts[(int) vcpu][v] = port;
        }
        return port;
    }

    /** Binds a new port by which vCPUs of this domain interrupt {@code vcpu}. */
    public int bindIpi(long vcpu) {
        if (vcpu < 0 || vcpu >= target.vcpuCount()) {
            return noSuchVcpu(vcpu);
        }
        int port = allocate();
        if (port > 0) {
            Channel c = ports.get(port);
            c.state = STATUS_IPI;
            c.vcpu = (int) vcpu;
        }
        return port;
    }

    /** Moves {@code port} to {@code vcpu}. */
    public int bindVcpu(long port, long vcpu) {
        if (vcpu < 0 || vcpu >= target.vcpuCount()) {
            return noSuchVcpu(vcpu);
        }
        Channel c = channel(port);
        if (c == null) {
            return closed(port);
        }
        boolean fixed = c.state == STATUS_IPI || c.state == STATUS_VIRQ && Virq.perVcpu(c.virq);
        if (fixed) {
            return refuse(Errno.EINVAL, "port " + port + " belongs to vCPU " + c.vcpu);
        }
        c.vcpu = (int) vcpu;
        return 0;
    }

    /** Closes {@code port}; the other end becomes unbound. */
    public int close(long port) {
        Channel c = channel(port);
        if (c == null) {
            return closed(port);
        }
        closeEnd(c, (int) port);
        return 0;
    }

    private void closeEnd(Channel c, int port) {
        EventChannels other = c.remote;
        if (c.state == STATUS_VIRQ) {
            for (int[] row : virqPorts) {
                if (row[c.virq] == port) {
                    row[c.virq] = 0;
                }
            }
        } else if (other != null) {
            Channel far = other.ports.get(c.remotePort);
            far.state = STATUS_UNBOUND;
            far.remote = null;
            far.remoteDomid = target.domid();
        }
        c.clear();
        if (target.sharedInfo() >= 0) {
            bits.clearPending(port);
        }
    }

    /** Closes all ports. */
    public int reset() {
        for (int port = 1; port < ports.size(); port++) {
            Channel c = ports.get(port);
            if (c.state != STATUS_CLOSED) {
                closeEnd(c, port);
            }
        }
        return 0;
    }

    /** Notifies the other end of {@code port}. */
    public int send(long port) {
        Channel c = channel(port);
        if (c == null) {
            return closed(port);
        }
        switch (c.state) {
            case STATUS_INTERDOMAIN -> {
                EventChannels other = java.util.Objects.requireNonNull(c.remote);
                other.raise(c.remotePort, other.ports.get(c.remotePort));
            }
            case STATUS_IPI -> raise((int) port, c);
            case STATUS_UNBOUND -> {}
            default -> {
                return refuse(Errno.EINVAL, "port " + port + " has no other end");
            }
        }
        return 0;
    }

    private void raise(int port, Channel c) {
        Runnable handler = c.handler;
        if (handler != null) {
            target.queue(handler);
        } else if (target.sharedInfo() >= 0) {
            bits.raise(port, c.vcpu);
        }
    }

    /** Raises {@code virq} of {@code vcpu}, if it is bound. */
    public void raiseVirq(int vcpu, int virq) {
        int port = virqPorts[vcpu][virq];
        if (port != 0) {
            raise(port, ports.get(port));
        }
    }

    /** Clears the mask bit of {@code port} and tells its vCPU if it was pending. */
    public int unmask(long port) {
        Channel c = channel(port);
        if (c == null) {
            return closed(port);
        }
        bits.unmask((int) port, c.vcpu);
        return 0;
    }

    /** Whether {@code port}, which need not be bound, has its pending bit set; false if invalid. */
    public boolean pending(long port) {
        return port > 0 && port < EventBits.ports(target.abi()) && bits.pending((int) port);
    }

    /** Whether {@code port} is a number the bit arrays have room for. */
    public boolean possible(long port) {
        return port > 0 && port < limit;
    }

    /** State of {@code port}, or null where there is no such port. */
    public @Nullable Status status(long port) {
        if (port < 0 || port >= ports.size()) {
            return null;
        }
        Channel c = ports.get((int) port);
        return new Status(c.state, c.vcpu, c.remoteDomid, c.remotePort, c.virq);
    }

    // ---- for the audit -----------------------------------------------------------------------

    EventTarget target() {
        return target;
    }

    int portCount() {
        return ports.size();
    }

    Channel port(int port) {
        return ports.get(port);
    }

    int virqPort(int vcpu, int virq) {
        return virqPorts[vcpu][virq];
    }

    /** What EVTCHNOP_status tells. */
    public record Status(int state, int vcpu, int remoteDomid, int remotePort, int virq) {}

    /** After the vcpu_info of {@code vcpu} moved: tells it of all that may have come before. */
    public void raiseAll(int vcpu) {
        bits.raiseAll(vcpu);
    }
}
