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
import xenolith.abi.xen.Evtchn;
import xenolith.abi.xen.Virq;
import xenolith.machine.memory.MachineMemory;

/**
 * A domain's event channels (public/event_channel.h), of the 2-level ABI until the guest asks for
 * the FIFO ABI. Operations return a port or 0, or a negated {@link Errno}. Port 0 is never valid.
 * Ports come from the guest and are unsigned.
 */
public final class EventChannels {
    private final EventTarget target;
    private final GuestBits bits;
    private final MachineMemory memory;
    private final IntFunction<@Nullable EventChannels> domains;
    private final long maxPorts;
    private EventAbi abi;
    private @Nullable FifoQueues fifo;

    /**
     * Indexed by port; port 0 is a channel that stays closed. It grows by {@link #BUCKET}: ports up
     * to its end are there, though closed.
     */
    private final List<Channel> ports = new ArrayList<>();

    /** Ports that one step of a reset closes. */
    public static final int RESET_STEP = 64;

    /** {@link #resetSome} has not come to the end. */
    public static final int GOES_ON = 1;

    /** The first port that a reset has not come to. */
    private int resetAt = 1;

    /** Whether the guest will not look any more. */
    private boolean dead;

    /** Ports that come into being together: Xen's EVTCHNS_PER_BUCKET. */
    private static final int BUCKET = 64;

    /** Port of each vCPU's VIRQ, or 0: {@code [vcpu][virq]}. */
    private final int[][] virqPorts;

    /**
     * @param domains finds another domain's channels by its number
     * @param maxPorts highest port the domain may use; -1 for all that the ABI has
     */
    public EventChannels(
            MachineMemory memory,
            EventTarget target,
            IntFunction<@Nullable EventChannels> domains,
            int maxPorts) {
        this.target = target;
        this.memory = memory;
        this.bits = new GuestBits(memory, target);
        this.abi = new EventBits(bits, target);
        this.domains = domains;
        this.maxPorts = maxPorts < 0 ? Long.MAX_VALUE - 1 : maxPorts;
        this.virqPorts = new int[target.vcpuCount()][Virq.COUNT];
        grow();
    }

    private void grow() {
        for (int i = 0; i < BUCKET; i++) {
            ports.add(new Channel(ports.size()));
        }
    }

    private int allocate() {
        long limit = Math.min(abi.ports(), maxPorts + 1);
        for (int port = 1; port < limit; port++) {
            if (port == ports.size()) {
                grow();
            }
            Channel c = ports.get(port);
            if (c.state == STATUS_CLOSED && !abi.busy(c)) {
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
        if (!valid(port)) {
            return null;
        }
        Channel c = ports.get((int) port);
        return c.state == STATUS_CLOSED ? null : c;
    }

    /** Whether {@code port} (any value) is there, closed or not. */
    public boolean valid(long port) {
        return port >= 0 && port < ports.size();
    }

    /** Allocates a port that {@code remoteDomid} may bind. */
    public int allocateUnbound(int remoteDomid) {
        int port = allocate();
        if (port > 0) {
            Channel c = ports.get(port);
            c.state = STATUS_UNBOUND;
            c.remoteDomid = remoteDomid == Domid.SELF ? target.domid() : remoteDomid;
            abi.init(c);
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
        int port = allocate();
        if (port < 0) {
            return port;
        }
        Channel far = other.channel(remotePort);
        if (far == null || far.state != STATUS_UNBOUND || far.remoteDomid != target.domid()) {
            String why = "port " + remotePort + " of d" + domid + " does not wait for d";
            return refuse(Errno.EINVAL, why + target.domid());
        }
        Channel near = ports.get(port);
        near.state = STATUS_INTERDOMAIN;
        near.remote = other;
        near.remotePort = (int) remotePort;
        near.remoteDomid = domid;
        near.handler = handler;
        abi.init(near);
        far.state = STATUS_INTERDOMAIN;
        far.remote = this;
        far.remotePort = port;
        // The other side may have sent before: the binding side looks once.
        raise(near);
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
            abi.init(c);
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
            abi.init(c);
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
        if (target.sharedInfo() >= 0 && !dead) {
            abi.clearPending(c);
        }
        c.clear();
    }

    /** Closes all ports; the ABI is the 2-level one again. */
    public void reset() {
        // One of the guest's may have come half way, and ports behind it be open again.
        resetAt = 1;
        int rc;
        do {
            rc = resetSome();
        } while (rc == GOES_ON);
    }

    /** Whether a reset has begun and not come to its end. */
    public boolean resetting() {
        return resetAt != 1;
    }

    /**
     * Closes the next {@link #RESET_STEP} ports, in the middle of a reset or at the beginning of
     * one: {@link #GOES_ON}, or 0 if that was the last of it and the ABI is the 2-level one again.
     * -EAGAIN if ports that were closed are in use again.
     */
    public int resetSome() {
        int end = Math.min(resetAt + RESET_STEP, ports.size());
        for (int port = resetAt; port < end; port++) {
            Channel c = ports.get(port);
            if (c.state != STATUS_CLOSED) {
                closeEnd(c, port);
            }
        }
        if (end < ports.size()) {
            resetAt = end;
            return GOES_ON;
        }
        resetAt = 1;
        for (Channel c : ports) {
            if (c.state != STATUS_CLOSED) {
                return refuse(Errno.EAGAIN, "port " + c.port + " is in use again");
            }
        }
        if (fifo != null) {
            fifo.release();
            fifo = null;
            abi = new EventBits(bits, target);
        }
        return 0;
    }

    /** The domain is dead: closes all ports without a word to its own memory. */
    public void die() {
        dead = true;
        reset();
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
                other.raise(other.ports.get(c.remotePort));
            }
            case STATUS_IPI -> raise(c);
            case STATUS_UNBOUND -> {}
            default -> {
                return refuse(Errno.EINVAL, "port " + port + " has no other end");
            }
        }
        return 0;
    }

    private void raise(Channel c) {
        Runnable handler = c.handler;
        if (handler != null) {
            target.queue(handler);
        } else if (target.sharedInfo() >= 0) {
            abi.raise(c);
        }
    }

    /** Raises {@code virq} of {@code vcpu}, if it is bound. */
    public void raiseVirq(int vcpu, int virq) {
        int port = virqPorts[vcpu][virq];
        if (port != 0) {
            raise(ports.get(port));
        }
    }

    /** Clears the mask bit of {@code port} and tells its vCPU if it was pending. */
    public int unmask(long port) {
        if (!valid(port)) {
            return closed(port);
        }
        Channel c = channel(port);
        if (c != null) {
            abi.unmask(c);
        }
        return 0;
    }

    /** 1 if {@code port} (any value) is pending, 0 if it is not or closed, else -errno. */
    public int poll(long port) {
        if (!valid(port)) {
            return refuse(Errno.EINVAL, "there is no port " + port + " yet");
        }
        Channel c = channel(port);
        return c != null && abi.pending(c) ? 1 : 0;
    }

    /** State of {@code port}, or null where there is no such port. */
    public @Nullable Status status(long port) {
        if (!valid(port)) {
            return null;
        }
        Channel c = ports.get((int) port);
        return new Status(c.state, c.vcpu, c.remoteDomid, c.remotePort, c.virq);
    }

    /** What EVTCHNOP_status tells. */
    public record Status(int state, int vcpu, int remoteDomid, int remotePort, int virq) {}

    /** After the vcpu_info of {@code vcpu} moved: tells it of all that may have come before. */
    public void raiseAll(int vcpu) {
        bits.raiseAll(vcpu);
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

    // ---- FIFO ABI ----------------------------------------------------------------------------

    /**
     * Places the control block of {@code vcpu} in frame {@code mfn}, and changes to the FIFO ABI
     * with the first one; 0 or -errno.
     *
     * @param vcpu any value, as all of these
     */
    public int initControl(long vcpu, long mfn, long offset) {
        if (vcpu < 0 || vcpu >= target.vcpuCount()) {
            return noSuchVcpu(vcpu);
        }
        if (offset > MachineMemory.FRAME_SIZE - Evtchn.FIFO_CONTROL_BLOCK || (offset & 7) != 0) {
            return refuse(Errno.EINVAL, "a control block at offset " + offset);
        }
        if (fifo != null) {
            return fifo.mapControlBlock((int) vcpu, mfn, (int) offset);
        }
        FifoQueues queues = new FifoQueues(memory, bits, target);
        int rc = queues.mapControlBlock((int) vcpu, mfn, (int) offset);
        if (rc == 0) {
            for (Channel c : ports) {
                // After a reset there may be more ports than the 2-level ABI has bits.
                c.pendingWithoutWord |= c.port > 0 && c.port < abi.ports() && abi.pending(c);
                queues.init(c);
            }
            fifo = queues;
            abi = queues;
        }
        return rc;
    }

    /** Takes frame {@code mfn} (any value) for the words of more ports; 0 or -errno. */
    public int expandArray(long mfn) {
        if (fifo == null) {
            return refuse(Errno.EOPNOTSUPP, "the domain uses the 2-level ABI");
        }
        return fifo.expand(mfn, port -> valid(port) ? ports.get(port) : null);
    }

    /** Gives {@code port} another priority (any values); 0 or -errno. */
    public int setPriority(long port, long priority) {
        if (!valid(port)) {
            return closed(port);
        }
        if (fifo == null) {
            return refuse(Errno.ENOSYS, "the 2-level ABI has no priorities");
        }
        Channel c = channel(port);
        return c == null
                ? refuse(Errno.EACCES, "port " + port + " is not in use")
                : fifo.setPriority(c, priority);
    }

    /** Frames of the guest that are held for the FIFO ABI. */
    public List<Long> heldPages() {
        return fifo == null ? List.of() : fifo.pages();
    }
}
