package xenolith.toolstack.xl;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import xenolith.abi.struct.Abi;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.dump.CoreDump;
import xenolith.toolstack.dump.DumpedDomain;

/** {@code xl dump-core}. */
public final class DomainDump {
    private final Host host;
    private final GuestDomain domain;
    private boolean wasPaused;

    private DomainDump(Host host, GuestDomain domain) {
        this.host = host;
        this.domain = domain;
    }

    /**
     * Writes memory and registers of {@code domain} to {@code path}, while it stands still; other
     * domains go on. The calling thread does the writing, so it must not be the host's.
     *
     * @throws ToolException if the file cannot be written; ControlException if the domain is gone
     */
    public static void write(Host host, GuestDomain domain, Path path)
            throws ToolException, ControlException {
        new DomainDump(host, domain).write(path);
    }

    private void write(Path path) throws ToolException, ControlException {
        DumpedDomain dumped = domain.call(this::stop);
        try {
            CoreDump.write(dumped, path);
        } finally {
            host.run(() -> domain.life().ifPresent(l -> l.control().setPaused(wasPaused)));
        }
    }

    private DumpedDomain stop(DomainControl control) {
        wasPaused = control.paused();
        control.setPaused(true);
        List<byte[]> contexts = new ArrayList<>();
        for (int i = 0; i < control.config().vcpus(); i++) {
            contexts.add(control.vcpuContext(i));
        }
        int domid = control.domid();
        return new DumpedDomain(
                control.config().abi() == Abi.BITS64,
                contexts,
                control.sharedInfo(),
                control.physicalMap(),
                mfns -> domain.call(now -> frames(now, domid, mfns)));
    }

    private byte[] frames(DomainControl control, int domid, long[] mfns) throws ControlException {
        if (control.domid() != domid) {
            throw new ControlException("Domain " + domain.name() + " was built anew meanwhile.");
        }
        byte[] pages = new byte[mfns.length << 12];
        for (int i = 0; i < mfns.length; i++) {
            control.read(mfns[i], 0, pages, i << 12, 1 << 12);
        }
        return pages;
    }
}
