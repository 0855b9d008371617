package xenolith.toolstack.block;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.toolstack.disk.Disk;
import xenolith.toolstack.xenbus.BackendDriver;
import xenolith.toolstack.xenbus.BackendNodes;
import xenolith.toolstack.xenbus.FrontendNodes;
import xenolith.toolstack.xenbus.Workers;
import xenolith.toolstack.xenbus.XenbusException;

/** The block back end of one disk: its features, and its queues while a front end is connected. */
final class BlockDriver implements BackendDriver {
    private static final int MOST_QUEUES = 4;
    private static final int MOST_RING_ORDER = 4;

    /** Lines about failed requests of one connection; a guest could make any number. */
    private static final int MOST_LINES = 20;

    private static final int INFO_CDROM = 1;
    private static final int INFO_REMOVABLE = 2;
    private static final int INFO_READONLY = 4;

    /**
     * How the guest sees the disk.
     *
     * @param path of the image
     * @param readOnly whether it may not write
     * @param cdrom whether it is a CD
     * @param discards whether discarding is offered
     */
    record View(String path, boolean readOnly, boolean cdrom, boolean discards) {}

    private final DomainControl domain;
    private final Disk disk;
    private final View view;
    private final Workers workers;
    private final BlockQueue.Shared shared;
    private final Consumer<String> log;
    private final List<BlockQueue> queues = new ArrayList<>();

    BlockDriver(
            DomainControl domain,
            Disk disk,
            View view,
            Workers workers,
            BlockQueue.Shared shared,
            Consumer<String> log) {
        this.domain = domain;
        this.disk = disk;
        this.view = view;
        this.workers = workers;
        this.shared = shared;
        this.log = log;
    }

    @Override
    public void publish(BackendNodes nodes) {
        nodes.write("feature-max-indirect-segments", Protocol.MOST_INDIRECT_SEGMENTS);
        nodes.write("multi-queue-max-queues", MOST_QUEUES);
        nodes.write("max-ring-page-order", MOST_RING_ORDER);
        nodes.write("physical-device-path", view.path);
        nodes.write("hotplug-status", "connected");
    }

    @Override
    public void connect(FrontendNodes frontend, BackendNodes nodes)
            throws XenbusException, ControlException {
        Protocol protocol = Protocol.of(frontend.text("protocol"), domain.config().abi());
        if (protocol == null) {
            throw new XenbusException("There is no protocol " + frontend.text("protocol") + ".");
        }
        int[] lines = {0};
        BlockQueue.Setting setting =
                new BlockQueue.Setting(
                        domain,
                        disk,
                        view.readOnly,
                        protocol,
                        frontend.flag("feature-persistent"),
                        workers,
                        shared,
                        line -> {
                            if (lines[0]++ < MOST_LINES) {
                                log.accept(line);
                            }
                        });
        int count = frontend.number("multi-queue-num-queues", 1, 1, MOST_QUEUES);
        int order = frontend.number("ring-page-order", 0, 0, MOST_RING_ORDER);
        boolean many = frontend.has("ring-page-order");
        try {
            for (int i = 0; i < count; i++) {
                FrontendNodes of = count == 1 ? frontend : frontend.below("queue-" + i);
                queues.add(queue(setting, of, many ? 1 << order : 0));
            }
        } catch (XenbusException | ControlException e) {
            queues.forEach(q -> q.close(() -> {}));
            queues.clear();
            throw e;
        }
        describe(nodes);
        queues.forEach(BlockQueue::poll);
    }

    /** A ring in {@code pages} pages with numbered nodes, or in one without if that is 0. */
    private static BlockQueue queue(BlockQueue.Setting setting, FrontendNodes of, int pages)
            throws XenbusException, ControlException {
        int[] refs = new int[Math.max(pages, 1)];
        for (int i = 0; i < refs.length; i++) {
            refs[i] =
                    of.word(
                            pages == 0 || pages == 1 && of.has("ring-ref")
                                    ? "ring-ref"
                                    : "ring-ref" + i);
        }
        return new BlockQueue(setting, refs, of.word("event-channel"));
    }

    /** What a front end may know once it is connected. */
    private void describe(BackendNodes nodes) {
        nodes.write("feature-flush-cache", 1);
        if (view.discards && !view.readOnly) {
            nodes.write("discard-granularity", 4096);
            nodes.write("discard-alignment", 0);
            nodes.write("discard-secure", 0);
            nodes.write("feature-discard", 1);
        }
        nodes.write("feature-barrier", 1);
        nodes.write("feature-persistent", 1);
        nodes.write("sectors", disk.size() / Disk.SECTOR);
        nodes.write(
                "info",
                (view.cdrom ? INFO_CDROM | INFO_REMOVABLE : 0)
                        | (view.readOnly ? INFO_READONLY : 0));
        nodes.write("sector-size", Disk.SECTOR);
        nodes.write("physical-sector-size", Disk.SECTOR);
    }

    @Override
    public void disconnect(Runnable done) {
        List<BlockQueue> all = List.copyOf(queues);
        queues.clear();
        int[] left = {all.size()};
        if (all.isEmpty()) {
            done.run();
        }
        for (BlockQueue q : all) {
            q.close(() -> {
                if (--left[0] == 0) {
                    done.run();
                }
            });
        }
    }

    /** The disk stays open: it may have a next life. */
    @Override
    public void close(Runnable done) {
        done.run();
    }
}
