package xenolith.hypervisor.event;

import static xenolith.abi.xen.Evtchn.STATUS_CLOSED;
import static xenolith.abi.xen.Evtchn.STATUS_INTERDOMAIN;
import static xenolith.abi.xen.Evtchn.STATUS_VIRQ;

import java.util.ArrayList;
import java.util.List;

/**
 * Holds the two ends of each event channel together: each end must name the other, a VIRQ's port
 * must be the one its vCPU raises, and no end may belong to a domain that is gone.
 */
public final class EventAudit {
    private final List<EventChannels> domains;
    private final List<String> differences = new ArrayList<>();

    private EventAudit(List<EventChannels> domains) {
        this.domains = domains;
    }

    /** What is wrong with the channels of {@code domains}, all of a host; one sentence each. */
    public static List<String> differences(List<EventChannels> domains) {
        EventAudit audit = new EventAudit(domains);
        domains.forEach(audit::check);
        return audit.differences;
    }

    private void check(EventChannels own) {
        for (int port = 0; port < own.portCount(); port++) {
            Channel c = own.port(port);
            if (c.vcpu < 0 || c.vcpu >= own.target().vcpuCount()) {
                add(own, port, "belongs to vCPU " + c.vcpu + ", which is not there");
            }
            switch (c.state) {
                case STATUS_INTERDOMAIN -> checkEnds(own, port, c);
                case STATUS_VIRQ -> {
                    if (own.virqPort(c.vcpu, c.virq) != port && !moved(own, c, port)) {
                        add(own, port, "is VIRQ " + c.virq + ", which goes elsewhere");
                    }
                }
                default -> {
                    if (c.remote != null) {
                        add(own, port, "has another end, but is in state " + c.state);
                    }
                }
            }
        }
        checkVirqs(own);
    }

    /** A global VIRQ is registered for vCPU 0, wherever it is delivered. */
    private static boolean moved(EventChannels own, Channel c, int port) {
        return own.virqPort(0, c.virq) == port;
    }

    private void checkEnds(EventChannels own, int port, Channel c) {
        EventChannels other = c.remote;
        if (other == null || !domains.contains(other)) {
            add(own, port, "has its other end in a domain that is gone");
            return;
        }
        Channel far = c.remotePort < other.portCount() ? other.port(c.remotePort) : null;
        if (far == null
                || far.state != STATUS_INTERDOMAIN
                || far.remote != own
                || far.remotePort != port) {
            String there = "port " + c.remotePort + " of d" + other.target().domid();
            add(own, port, "names " + there + ", which does not name it");
        }
    }

    private void checkVirqs(EventChannels own) {
        for (int vcpu = 0; vcpu < own.target().vcpuCount(); vcpu++) {
            for (int virq = 0; virq < xenolith.abi.xen.Virq.COUNT; virq++) {
                int port = own.virqPort(vcpu, virq);
                boolean bound =
                        port == 0
                                || port < own.portCount()
                                        && own.port(port).state == STATUS_VIRQ
                                        && own.port(port).virq == virq;
                if (!bound) {
                    add(own, port, "is where VIRQ " + virq + " of vCPU " + vcpu + " goes");
                }
            }
        }
        if (own.port(0).state != STATUS_CLOSED) {
            add(own, 0, "is in use");
        }
    }

    private void add(EventChannels own, int port, String what) {
        differences.add("port " + port + " of d" + own.target().domid() + " " + what);
    }
}
