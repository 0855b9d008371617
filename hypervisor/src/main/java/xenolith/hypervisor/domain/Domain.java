package xenolith.hypervisor.domain;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.event.EventChannels;
import xenolith.hypervisor.event.EventTarget;
import xenolith.hypervisor.grant.GrantTable;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.paging.DomainPaging;
import xenolith.hypervisor.paging.VcpuPaging;
import xenolith.hypervisor.time.Pvclock;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.memory.MachineMemory;

/** A domain: its memory, vCPUs, event channels and grant table, and how its life goes. */
public final class Domain implements EventTarget {
    public final Hypervisor hypervisor;
    public final DomainConfig config;
    public final DomainMemory memory;
    public final DomainPaging paging;
    public final EventChannels events;
    public final GrantTable grants;
    private final int domid;
    private final Vcpu[] vcpus;
    private final long sharedInfoMfn;

    /** More vCPUs than any domain has. */
    private static final int MAX_VCPUS = 1 << 16;

    /** Whether the domain may map other domains' pages and change their tables. */
    public boolean privileged;

    /** Frame that PHYSDEVOP_pirq_eoi_gmfn named, held until the domain dies; -1 for none. */
    public long pirqEoiMfn = -1;

    /** Numbers of physical interrupts that are set aside for the guest, a bit each. */
    public long pirqs;

    /** What the guest wrote to the index register of the clock chip, port 70. */
    public int rtcIndex;

    /** What the guest wrote to the address register of PCI, port cf8. */
    public long pciAddress;

    /** Rows of the memory map that the domain is shown, 20 bytes each; empty if it has none. */
    public byte[] memoryMap = {};

    /** Assists switched on by vm_assist, one bit a type. */
    public long assists;

    public final Watchdogs watchdogs;

    private @Nullable ShutdownReason shutdown;
    private @Nullable String crashReport;
    private int shutdownCode = -1;
    private boolean paused;
    private Consumer<String> bootConsole = text -> {};
    private final StringBuilder bootLog = new StringBuilder();

    /** What others are told of a domain. */
    public enum Change {
        /** It was made, paused, unpaused or resumed. */
        STATE,
        /** It shut down. */
        SHUTDOWN,
        /** It is gone. */
        DESTROYED
    }

    private Domain(Hypervisor hypervisor, int domid, DomainConfig config, boolean guest) {
        this.hypervisor = hypervisor;
        this.domid = domid;
        this.config = config;
        this.watchdogs = new Watchdogs(this, hypervisor, timerOrder(MAX_VCPUS));
        this.memory = new DomainMemory(hypervisor.frames, domid, config.maxPages(), config.abi());
        this.paging = new DomainPaging(hypervisor.xenTables, memory);
        if (hypervisor.batchedPageTables) {
            paging.batchPageTables();
        }
        this.vcpus = new Vcpu[guest ? config.vcpus() : 0];
        this.sharedInfoMfn = guest ? sharedFrame() : -1;
        this.events =
                new EventChannels(
                        hypervisor.memory,
                        this,
                        hypervisor::channels,
                        config.maxEventChannels() < 0 ? -1 : config.maxEventChannels() - 1);
        this.grants =
                new GrantTable(
                        hypervisor.frames, memory, GrantTable.MAX_FRAMES, hypervisor::grantTable);
        if (guest) {
            initSharedInfo();
            for (int i = 0; i < vcpus.length; i++) {
                Cpu cpu = new Cpu(hypervisor.memory, c -> hypervisor.clock.now());
                vcpus[i] = new Vcpu(this, i, cpu, new VcpuPaging(paging, i, cpu));
            }
        }
    }

    /**
     * A new guest domain; memory and start state are still missing.
     *
     * @param domid of {@link Hypervisor#nextDomid}
     */
    public static Domain create(Hypervisor hypervisor, int domid, DomainConfig config) {
        Domain d = new Domain(hypervisor, domid, config, true);
        hypervisor.add(d);
        return d;
    }

    /**
     * Domain 0, whose kernel is the toolstack: it holds ends of event channels, and grants nothing.
     */
    public static Domain createControl(Hypervisor hypervisor) {
        DomainConfig config = new DomainConfig("Domain-0", new java.util.UUID(0, 0), 1, 0, -1);
        Domain d = new Domain(hypervisor, 0, config, false);
        d.privileged = true;
        hypervisor.add(d);
        return d;
    }

    private long sharedFrame() {
        hypervisor.frames.lock().lock();
        try {
            long mfn = hypervisor.frames.allocateShared(memory);
            if (mfn < 0) {
                throw new IllegalStateException("no machine memory left for shared_info");
            }
            return mfn;
        } finally {
            hypervisor.frames.lock().unlock();
        }
    }

    private void initSharedInfo() {
        MachineMemory m = hypervisor.memory;
        for (int i = 0; i < SharedInfo.LEGACY_VCPUS; i++) {
            m.put8(sharedInfo() + (long) i * VcpuInfo.SIZE + VcpuInfo.EVTCHN_UPCALL_MASK, 1);
        }
        Pvclock.writeWallClock(m, sharedInfo(), abi(), hypervisor.clock.bootTime());
    }

    @Override
    public int domid() {
        return domid;
    }

    @Override
    public Abi abi() {
        return config.abi();
    }

    /** Whether the guest is a 32-bit one: its kernel runs in ring 1. */
    public boolean compat() {
        return config.abi() == Abi.BITS32;
    }

    @Override
    public int vcpuCount() {
        // Domain 0's one vCPU is the toolstack's thread.
        return vcpus.length == 0 ? config.vcpus() : vcpus.length;
    }

    /** vCPU {@code id}, which must exist. */
    public Vcpu vcpu(int id) {
        return vcpus[id];
    }

    /** vCPU {@code id}, any number, or null. */
    public @Nullable Vcpu vcpuOrNull(long id) {
        return id < 0 || id >= vcpus.length ? null : vcpus[(int) id];
    }

    /** All vCPUs. */
    public Vcpu[] vcpus() {
        return vcpus.clone();
    }

    /** Number of vCPUs that may run; 0 for domain 0. */
    public int guestVcpus() {
        return vcpus.length;
    }

    /** Of timers that are due at once those of the lower domain come first, then by vCPU. */
    long timerOrder(int vcpu) {
        return (long) domid * (MAX_VCPUS + 1) + vcpu;
    }

    // ---- events ------------------------------------------------------------------------------

    @Override
    public long vcpuInfo(int vcpu) {
        return vcpus[vcpu].vcpuInfo();
    }

    @Override
    public long sharedInfo() {
        return sharedInfoMfn < 0 ? -1 : sharedInfoMfn << MachineMemory.FRAME_SHIFT;
    }

    /** Frame of shared_info. */
    public long sharedInfoMfn() {
        return sharedInfoMfn;
    }

    @Override
    public void wake(int vcpu) {
        vcpus[vcpu].activity.wake();
    }

    @Override
    public void wakePollers(int port) {
        for (Vcpu v : vcpus) {
            v.activity.wakePoller(port);
        }
    }

    @Override
    public void refuse(String sentence) {
        hypervisor.log.refuse(domid, sentence);
    }

    @Override
    public boolean holdPage(long mfn) {
        return hypervisor.frames.getPageWritable(mfn, domid);
    }

    @Override
    public void dropPage(long mfn) {
        hypervisor.frames.putPageWritable(mfn);
    }

    @Override
    public void queue(Runnable handler) {
        hypervisor.queue(handler);
    }

    // ---- assists -----------------------------------------------------------------------------

    /** Whether assist {@code type} is on. */
    public boolean assisted(int type) {
        return (assists >>> type & 1) != 0;
    }

    // ---- life --------------------------------------------------------------------------------

    /** Whether vCPUs of the domain may run. */
    public boolean running() {
        return shutdown == null && !paused;
    }

    public void setPaused(boolean newPaused) {
        if (paused != newPaused) {
            paused = newPaused;
            tell();
            hypervisor.domainChanged(this, Change.STATE);
        }
    }

    /** Tells the host's queues whether the domain runs. */
    private void tell() {
        watchdogs.tell();
        for (Vcpu v : vcpus) {
            v.activity.tell();
        }
    }

    public boolean paused() {
        return paused;
    }

    /** Why the domain shut down. */
    public Optional<ShutdownReason> shutdownReason() {
        return Optional.ofNullable(shutdown);
    }

    /** The crash report, if it crashed. */
    public Optional<String> crashReport() {
        return Optional.ofNullable(crashReport);
    }

    /** The domain stops for {@code reason}. */
    public void shutdown(ShutdownReason reason) {
        if (shutdown == null) {
            shutdown = reason;
            tell();
            hypervisor.log.line("Domain " + domid + " shutdown: " + reason);
            hypervisor.domainChanged(this, Change.SHUTDOWN);
        }
    }

    /** SCHEDOP_shutdown_code: the reason of the coming shutdown, whatever that says. */
    public void setShutdownCode(int code) {
        if (shutdownCode < 0) {
            shutdownCode = code;
        }
    }

    /** The code set before, or {@code code} if none was. */
    public int shutdownCode(int code) {
        return shutdownCode < 0 ? code : shutdownCode;
    }

    /** The domain resumes after a suspend that was cancelled. */
    public void resume() {
        shutdownCode = -1;
        shutdown = null;
        tell();
        hypervisor.domainChanged(this, Change.STATE);
    }

    /** The domain crashes on {@code v}; {@code why} is one sentence. */
    public void crash(Vcpu v, String why) {
        if (crashReport == null) {
            crashReport = CrashReport.of(v, why);
            hypervisor.log.line("Domain " + domid + " crashed on vCPU " + v.id + ": " + why);
        }
        shutdown(ShutdownReason.CRASH);
    }

    /** Gives back all memory. */
    public void release() {
        if (shutdown == null) {
            shutdown = ShutdownReason.POWEROFF;
        }
        tell();
        events.die();
        grants.release();
        releaseFrames();
        paging.release();
        for (Vcpu v : vcpus) {
            hypervisor.engine.forget(v.cpu);
        }
        hypervisor.remove(this);
    }

    private void releaseFrames() {
        hypervisor.frames.lock().lock();
        try {
            for (Vcpu v : vcpus) {
                if (v.vcpuInfoPlaced()) {
                    hypervisor.frames.putPageWritable(v.vcpuInfo() >>> MachineMemory.FRAME_SHIFT);
                }
            }
            if (pirqEoiMfn >= 0) {
                hypervisor.frames.putPageWritable(pirqEoiMfn);
            }
            if (sharedInfoMfn >= 0) {
                hypervisor.frames.freeShared(sharedInfoMfn);
            }
        } finally {
            hypervisor.frames.lock().unlock();
        }
    }

    // ---- emergency console -------------------------------------------------------------------

    /** Sets who is told of what the guest writes by console_io. */
    public void setBootConsole(Consumer<String> console) {
        bootConsole = console;
    }

    /** Text that the guest wrote by console_io (Latin-1). */
    public void consoleWrite(byte[] bytes, int length) {
        String text = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        if (bootLog.length() > 1 << 20) {
            bootLog.delete(0, 1 << 19);
        }
        bootLog.append(text);
        bootConsole.accept(text);
    }

    /** All text that the guest wrote by console_io. */
    public String bootLog() {
        return bootLog.toString();
    }
}
