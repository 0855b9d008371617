package xenolith.toolstack.block;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.config.DiskSpec;
import xenolith.toolstack.device.DomainDevice;
import xenolith.toolstack.device.DomainSite;
import xenolith.toolstack.device.Traffic;
import xenolith.toolstack.disk.Disk;
import xenolith.toolstack.disk.Disks;
import xenolith.toolstack.xenbus.Backend;
import xenolith.toolstack.xenbus.DeviceAddress;
import xenolith.toolstack.xenbus.DeviceNodes;
import xenolith.toolstack.xenbus.SlowFrontend;
import xenolith.toolstack.xenbus.Workers;

/** A disk of a domain, open from the domain's configuration to its end, through reboots. */
public final class BlockDevice implements DomainDevice {
    private final DiskSpec spec;
    private final Disk disk;
    private final Buffers buffers;
    private final Consumer<String> log;
    private final Consumer<BlockDevice> whenClosed;
    private final UnderWay underWay = new UnderWay();
    private final BlockCounters counters = new BlockCounters();
    private final AtomicBoolean finished = new AtomicBoolean();
    private volatile Executor workers = Runnable::run;
    private @Nullable CompletableFuture<Void> closing;

    BlockDevice(
            DiskSpec spec,
            Disk disk,
            Buffers buffers,
            Consumer<String> log,
            Consumer<BlockDevice> whenClosed) {
        this.spec = spec;
        this.disk = disk;
        this.buffers = buffers;
        this.log = log;
        this.whenClosed = whenClosed;
    }

    /** What it was configured as. */
    public DiskSpec spec() {
        return spec;
    }

    /** Requests so far. */
    public BlockCounters counters() {
        return counters;
    }

    @Override
    public String type() {
        return "vbd";
    }

    @Override
    public int devid() {
        return spec.vdev().number();
    }

    @Override
    public Map<String, Object> describe() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("pdev_path", spec.target().toString());
        all.put("vdev", spec.vdev().name());
        all.put("format", spec.format() == Disks.Format.RAW ? "raw" : "qcow2");
        all.put("readwrite", spec.readOnly() ? 0 : 1);
        all.put("is_cdrom", spec.cdrom());
        all.put("discard_enable", spec.discard());
        return all;
    }

    @Override
    public Traffic traffic() {
        return new Traffic.OfDisk(
                0,
                counters.reads(),
                counters.writes(),
                counters.readSectors(),
                counters.writtenSectors());
    }

    @Override
    public Attachment attach(DomainSite site) {
        workers = site.workers();
        DeviceAddress address =
                new DeviceAddress("vbd", site.domain().domid(), spec.vdev().number());
        nodes(address, spec).write(site.store());
        String name = "Disk " + spec.vdev().name() + " of " + site.name() + ": ";
        BlockDriver driver =
                new BlockDriver(
                        site.domain(),
                        disk,
                        new BlockDriver.View(
                                spec.target().toString(),
                                spec.readOnly(),
                                spec.cdrom(),
                                spec.discard()),
                        new Workers(site.workers(), hostOf(site)),
                        new BlockQueue.Shared(buffers, underWay, counters),
                        line -> log.accept(name + line));
        Backend backend = new Backend(site.store(), address, driver, log);
        SlowFrontend.watch(backend, site, "xen-blkfront", log);
        return new BlockAttachment(site, backend, log);
    }

    /** Where workers work at once, on the host's thread, their results are taken at once, too. */
    private static Executor hostOf(DomainSite site) {
        Thread host = Thread.currentThread();
        return task -> {
            if (Thread.currentThread().equals(host)) {
                task.run();
            } else {
                site.domain().post(task);
            }
        };
    }

    private static DeviceNodes nodes(DeviceAddress address, DiskSpec spec) {
        boolean raw = spec.format() == Disks.Format.RAW;
        String device = spec.cdrom() ? "cdrom" : "disk";
        return new DeviceNodes(address)
                .backend("params", (raw ? "" : "qcow2:") + spec.target())
                .backend("script", "/etc/xen/scripts/block")
                .backendOnline()
                .backend("removable", spec.cdrom() ? "1" : "0")
                .backend("bootable", "1")
                .backend("state", "1")
                .backend("dev", spec.vdev().name())
                .backend("type", raw ? "phy" : "qdisk")
                .backend("mode", spec.readOnly() ? "r" : "w")
                .backend("device-type", device)
                .backend("discard-enable", spec.discard() ? "1" : "0")
                .backend("specification", "xen")
                .frontend("virtual-device", Integer.toString(spec.vdev().number()))
                .frontend("device-type", device)
                .frontend("trusted", "1");
    }

    // ---- end ---------------------------------------------------------------------------------

    /** Complete when the disk is closed; empty if nobody has begun to close it. */
    synchronized Optional<CompletableFuture<Void>> closing() {
        return Optional.ofNullable(closing);
    }

    /** Closes the disk once nothing of it is under way. */
    @Override
    public void close() {
        if (begin()) {
            workers.execute(this::finish);
        }
    }

    /** As {@link #close}, on this thread: the host ends, and the disk is closed on return. */
    void closeNow() {
        begin();
        finish();
        closing().ifPresent(CompletableFuture::join); // a worker may be just closing it
    }

    /** Whether the disk was not being closed before. */
    private synchronized boolean begin() {
        boolean first = closing == null;
        if (first) {
            closing = new CompletableFuture<>();
        }
        return first;
    }

    private void finish() {
        underWay.awaitNone();
        if (finished.getAndSet(true)) {
            return;
        }
        try {
            disk.close();
        } catch (IOException e) {
            log.accept("The disk " + disk.describe() + " cannot be closed: " + e.getMessage());
        } finally {
            whenClosed.accept(this);
            closing().ifPresent(c -> c.complete(null));
        }
    }
}
