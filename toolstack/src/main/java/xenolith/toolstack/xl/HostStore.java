package xenolith.toolstack.xl;

import xenolith.hypervisor.host.Host;
import xenolith.toolstack.xenstore.StoreHost;

/** What the store asks of its host. */
final class HostStore implements StoreHost {
    private final Host machine;

    HostStore(Host machine) {
        this.machine = machine;
    }

    @Override
    public long now() {
        return machine.now();
    }

    @Override
    public boolean exists(int domid) {
        return machine.has(domid);
    }

    @Override
    public void log(String line) {
        machine.log().line(line);
    }

    @Override
    public void failed(String path, RuntimeException failure) {
        machine.log().line("A watch of " + path + " failed, a defect of Xenolith: " + failure);
    }
}
