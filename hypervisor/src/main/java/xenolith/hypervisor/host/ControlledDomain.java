package xenolith.hypervisor.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainInfo;
import xenolith.hypervisor.control.PhysicalMap;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.control.VcpuContext;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.event.EventChannels;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.memory.FrameSurvey;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.hypervisor.paging.MmuextOp;
import xenolith.hypervisor.pv.HypercallPage;
import xenolith.hypervisor.pv.SavedState;
import xenolith.hypervisor.pv.StartState;
import xenolith.machine.memory.MachineMemory;

/** A domain as its toolstack, domain 0, handles it. */
final class ControlledDomain implements DomainControl {
    /** A row of an E820 map: address, size, type. */
    private static final int MAP_ROW = 20;

    private static final int E820_RAM = 1;

    private final Domain domain;
    private final Domain control;
    private final PhysicalCpu physicalCpu;
    private final ControlGrants grants;
    private final FrameTable frames;
    private final MachineMemory memory;

    ControlledDomain(Domain domain, Domain control, PhysicalCpu physicalCpu, ControlGrants grants) {
        this.grants = grants;
        this.domain = domain;
        this.control = control;
        this.physicalCpu = physicalCpu;
        this.frames = domain.hypervisor.frames;
        this.memory = domain.hypervisor.memory;
    }

    @Override
    public int domid() {
        return domain.domid();
    }

    @Override
    public DomainConfig config() {
        return domain.config;
    }

    @Override
    public long[] populate(long firstPfn, int count) throws ControlException {
        long[] mfns = new long[count];
        frames.lock().lock();
        try {
            for (int i = 0; i < count; i++) {
                mfns[i] = frames.allocate(domain.memory, firstPfn + i);
                if (mfns[i] < 0) {
                    throw new ControlException(
                            "No memory for page "
                                    + (firstPfn + i)
                                    + " of domain "
                                    + domain.config.name()
                                    + ": "
                                    + frames.freeFrames()
                                    + " frames are free, and it may own "
                                    + domain.config.maxPages());
                }
            }
        } finally {
            frames.lock().unlock();
        }
        return mfns;
    }

    private long own(long mfn, int offset, int length) {
        if (offset < 0 || length < 0 || offset + length > MachineMemory.FRAME_SIZE) {
            throw new IndexOutOfBoundsException("offset " + offset + ", length " + length);
        }
        if (frames.owner(mfn) != domain.domid()) {
            throw new IllegalArgumentException(
                    "frame " + mfn + " is not one of domain " + domain.domid());
        }
        return (mfn << MachineMemory.FRAME_SHIFT) + offset;
    }

    @Override
    public void write(long mfn, int offset, byte[] src, int at, int length) {
        memory.write(own(mfn, offset, length), src, at, length);
    }

    @Override
    public void read(long mfn, int offset, byte[] dst, int at, int length) {
        memory.read(own(mfn, offset, length), dst, at, length);
    }

    @Override
    public void pinTopTable(long mfn) throws ControlException {
        check(MmuextOp.pin(domain.paging, domain.memory.topType(), mfn), "pin the top page table");
    }

    private void check(int rc, String what) throws ControlException {
        if (rc < 0) {
            throw new ControlException(
                    "Cannot " + what + " of domain " + domain.config.name() + ": errno " + -rc);
        }
    }

    @Override
    public void writeHypercallPage(long mfn) {
        byte[] page = HypercallPage.of(domain.compat());
        write(mfn, 0, page, 0, page.length);
    }

    @Override
    public byte[] vcpuContext(int vcpu) {
        return SavedState.of(domain.vcpu(vcpu));
    }

    @Override
    public PhysicalMap physicalMap() {
        return FrameSurvey.pages(frames, domain.domid());
    }

    @Override
    public byte[] sharedInfo() {
        byte[] page = new byte[MachineMemory.FRAME_SIZE];
        memory.read(domain.sharedInfoMfn() << MachineMemory.FRAME_SHIFT, page, 0, page.length);
        return page;
    }

    @Override
    public long sharedInfoMfn() {
        return domain.sharedInfoMfn();
    }

    @Override
    public void seedGrant(int ref, int domid, long mfn) {
        domain.grants.seed(ref, domid, mfn);
    }

    @Override
    public int allocateUnbound(int remoteDomid) throws ControlException {
        int port = domain.events.allocateUnbound(remoteDomid);
        check(port, "allocate an event channel");
        return port;
    }

    @Override
    public EventEnd bind(int remotePort, Runnable handler) throws ControlException {
        EventChannels ends = control.events;
        int port = ends.bindInterdomain(domain.domid(), remotePort, handler);
        check(port, "bind event channel " + remotePort);
        return new EventEnd() {
            @Override
            public void notifyGuest() {
                ends.send(port);
            }

            @Override
            public void close() {
                ends.close(port);
            }
        };
    }

    @Override
    public void setVcpuContext(int vcpu, VcpuContext context) throws ControlException {
        Vcpu v = domain.vcpu(vcpu);
        domain.assists |= context.assists();
        int rc =
                StartState.boot(
                        v, context.rip(), context.rsp(), context.rsi(), context.topTableMfn());
        check(rc, "start vCPU " + vcpu);
    }

    @Override
    public void post(Runnable task) {
        physicalCpu.post(task);
    }

    @Override
    public Optional<ShutdownReason> shutdown() {
        return domain.shutdownReason();
    }

    @Override
    public Optional<String> crashReport() {
        return domain.crashReport();
    }

    @Override
    public void setBootConsole(Consumer<String> console) {
        domain.setBootConsole(console);
    }

    @Override
    public String bootLog() {
        return domain.bootLog();
    }

    @Override
    public void setPaused(boolean paused) {
        domain.setPaused(paused);
    }

    @Override
    public boolean paused() {
        return domain.paused();
    }

    @Override
    public DomainInfo info() {
        long now = domain.hypervisor.clock.now();
        List<DomainInfo.VcpuInfo> vcpus = new ArrayList<>();
        for (Vcpu v : domain.vcpus()) {
            vcpus.add(
                    new DomainInfo.VcpuInfo(
                            v.id, v.activity.online(), v.activity.waits(), v.runTime(now)));
        }
        return new DomainInfo(
                domain.memory.totalPages(), domain.memory.maxPages(), domain.paused(), vcpus);
    }

    @Override
    public void setMemoryMap(long kib) {
        domain.memoryMap =
                ByteBuffer.allocate(MAP_ROW)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(0)
                        .putLong(kib << 10)
                        .putInt(E820_RAM)
                        .array();
    }

    @Override
    public void sendNmi(int vcpu) throws ControlException {
        Vcpu v = domain.vcpuOrNull(vcpu);
        if (v == null) {
            throw new ControlException(
                    "Domain " + domain.config.name() + " has no virtual CPU " + vcpu + ".");
        }
        v.nmiPending = true;
        v.activity.wake();
    }

    @Override
    public void setMaxPages(long pages) {
        domain.memory.setMaxPages(pages);
    }

    @Override
    public long runTime() {
        long now = domain.hypervisor.clock.now();
        long sum = 0;
        for (Vcpu v : domain.vcpus()) {
            sum += v.runTime(now);
        }
        return sum;
    }

    @Override
    public GrantedFrame mapGrant(int ref, boolean readOnly) throws ControlException {
        GrantTable table = domain.grants;
        long mfn = table.acquire(ref, control.domid(), readOnly);
        if (mfn < 0) {
            throw new ControlException(
                    "Cannot map grant "
                            + ref
                            + " of domain "
                            + domain.config.name()
                            + ": status "
                            + mfn);
        }
        return new GrantMapping(grants, memory, table, ref, mfn, readOnly);
    }

    @Override
    public void destroy() {
        domain.release();
    }
}
