package xenolith.toolstack.xl;

import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ToolException;

/**
 * What can be changed of a domain while it lives. Methods may be called from any thread; they throw
 * {@link ControlException} for a domain that is gone and for what cannot be.
 */
public final class Adjustments {
    private final Host host;
    private final GuestDomain domain;

    Adjustments(Host host, GuestDomain domain) {
        this.host = host;
        this.domain = domain;
    }

    /**
     * Asks the guest to have {@code mib} of memory: its balloon driver does it. More than that it
     * cannot take from now on (as libxl_set_memory_target does).
     */
    public void memory(long mib) throws ToolException, ControlException {
        host.call(() -> {
            DomainControl control = domain.alive().control();
            long most = domain.spec().maxMemoryMib();
            if (mib > most) {
                throw new ControlException(
                        "Domain "
                                + domain.name()
                                + " may have "
                                + most
                                + " MiB of memory at most, not "
                                + mib
                                + "; 'mem-max' changes that.");
            }
            control.setMaxPages(mib + Life.SLACK_MIB << 8);
            write("memory/target", Long.toString(mib << 10));
            domain.setSpec(domain.spec().with(b -> b.memoryMib = mib));
            return true;
        });
    }

    /** Lets the guest have {@code mib} of memory at most. */
    public void maxMemory(long mib) throws ToolException, ControlException {
        host.call(() -> {
            DomainControl control = domain.alive().control();
            long target = domain.spec().memoryMib();
            if (mib < target) {
                throw new ControlException(
                        "Domain "
                                + domain.name()
                                + " shall have "
                                + target
                                + " MiB of memory, which is more than "
                                + mib
                                + "; 'mem-set' changes that first.");
            }
            control.setMaxPages(mib + Life.SLACK_MIB << 8);
            write("memory/static-max", Long.toString(mib << 10));
            domain.setSpec(domain.spec().with(b -> b.maxMemoryMib = mib));
            return true;
        });
    }

    /** Asks the guest to have {@code count} virtual CPUs online. */
    public void vcpus(int count) throws ToolException, ControlException {
        host.call(() -> {
            domain.alive();
            int most = domain.spec().maxVcpus();
            if (count < 1 || count > most) {
                throw new ControlException(
                        "Domain "
                                + domain.name()
                                + " can have 1 to "
                                + most
                                + " virtual CPUs (maxvcpus), not "
                                + count
                                + ".");
            }
            for (int i = 0; i < most; i++) {
                write("cpu/" + i + "/availability", i < count ? "online" : "offline");
            }
            domain.setSpec(domain.spec().with(b -> b.vcpus = count));
            return true;
        });
    }

    /** Sends Linux's magic SysRq key {@code key}. */
    public void sysrq(char key) throws ToolException, ControlException {
        host.call(() -> {
            write("control/sysrq", String.valueOf(key));
            return true;
        });
    }

    /** Sends a non-maskable interrupt to virtual CPU {@code vcpu}. */
    public void nmi(int vcpu) throws ToolException, ControlException {
        host.call(() -> {
            domain.alive().control().sendNmi(vcpu);
            return true;
        });
    }

    /** Writes {@code value} to {@code path} in the domain's part of the store. */
    private void write(String path, String value) throws ControlException {
        int domid = domain.alive().control().domid();
        host.store().write("/local/domain/" + domid + "/" + path, value);
    }
}
