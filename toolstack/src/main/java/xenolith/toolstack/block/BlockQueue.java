package xenolith.toolstack.block;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;
import xenolith.toolstack.disk.Disk;
import xenolith.toolstack.xenbus.SharedRing;
import xenolith.toolstack.xenbus.Workers;

/**
 * One ring of requests for a disk, with its event channel. Several requests are under way at once;
 * a flush begins when the writes before it are done, a barrier when all requests before it are, and
 * the next ones wait for it. On the host's thread, but for what {@link Job} does.
 */
final class BlockQueue {
    /** Requests of one queue under way at once. */
    private static final int MOST_UNDER_WAY = 64;

    /**
     * What a disk has through all its connections.
     *
     * @param buffers shared with the other disks of the host
     */
    record Shared(Buffers buffers, UnderWay underWay, BlockCounters counters) {}

    /**
     * What all queues of a connection share.
     *
     * @param log is told of requests that failed
     */
    record Setting(
            DomainControl domain,
            Disk disk,
            boolean readOnly,
            Protocol protocol,
            boolean persistent,
            Workers workers,
            Shared shared,
            Consumer<String> log) {}

    private final Setting setting;
    private final SharedRing ring;
    private final GrantCache grants;
    private final RequestReader reader;
    private final DomainControl.EventEnd channel;
    private final byte[] incoming;
    private final Deque<Request> waiting = new ArrayDeque<>();
    private final Queue<Job> performed = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean finishing = new AtomicBoolean();
    private int underWay;
    private int writesUnderWay;
    private boolean barrierUnderWay;
    private boolean starting;
    private boolean answered;
    private boolean toldBroken;
    private @Nullable Runnable whenClosed;

    /** Connects to the ring in the pages of {@code refs} and to {@code port} of the guest. */
    BlockQueue(Setting setting, int[] refs, int port) throws ControlException {
        this.setting = setting;
        this.ring = SharedRing.map(setting.domain, refs, setting.protocol.requestBytes());
        this.grants =
                new GrantCache(
                        setting.domain, setting.persistent, ring.slots() * Protocol.MOST_SEGMENTS);
        this.incoming = new byte[setting.protocol.requestBytes()];
        this.reader =
                new RequestReader(setting.protocol, setting.disk, setting.readOnly, this::readPage);
        try {
            this.channel = setting.domain.bind(port, this::poll);
        } catch (ControlException e) {
            ring.close();
            throw e;
        }
    }

    private void readPage(int ref, byte[] bytes) throws ControlException {
        GrantedFrame page = grants.take(ref, true);
        page.read(0, bytes, 0, bytes.length);
        GrantCache.giveBack(page);
    }

    /** Takes the requests that are there, begins what may begin, and shows responses. */
    void poll() {
        if (whenClosed != null) {
            return;
        }
        do {
            while (ring.requests() > 0) {
                ring.take(incoming);
                waiting.add(reader.read(incoming));
            }
            start();
        } while (ring.requestsAfterAll());
        if (ring.broken() && !toldBroken) {
            toldBroken = true;
            setting.log.accept("the ring's request index makes no sense: no more requests");
        }
        show();
    }

    private void show() {
        if (answered) {
            answered = false;
            if (ring.publish()) {
                channel.notifyGuest();
            }
        }
    }

    // ---- beginning ---------------------------------------------------------------------------

    private void start() {
        if (starting) {
            return; // a worker that is this very thread: the loop below goes on
        }
        starting = true;
        while (!waiting.isEmpty() && mayStart(waiting.getFirst())) {
            start(waiting.removeFirst());
        }
        starting = false;
    }

    private boolean mayStart(Request next) {
        if (barrierUnderWay || underWay >= MOST_UNDER_WAY) {
            return false;
        }
        return !(next instanceof Request.Transfer t)
                || (!t.barrier() || underWay == 0) && (!t.flush() || writesUnderWay == 0);
    }

    private void start(Request request) {
        switch (request) {
            case Request.Refused r -> {
                setting.shared.counters().refused(r);
                setting.log.accept("refused: " + r.why());
                respond(r.id(), r.operation(), r.status());
            }
            case Request.Discard d -> begin(new Job(d, List.of()));
            case Request.Transfer t -> {
                List<GrantedFrame> frames = new ArrayList<>(t.segments().size());
                try {
                    for (Request.Segment s : t.segments()) {
                        frames.add(grants.take(s.ref(), t.writes()));
                    }
                } catch (ControlException e) {
                    frames.forEach(GrantCache::giveBack);
                    setting.log.accept("refused: " + e.getMessage());
                    respond(t.id(), t.operation(), Protocol.ERROR);
                    return;
                }
                begin(new Job(t, frames));
            }
        }
    }

    private void begin(Job job) {
        underWay++;
        if (job.request() instanceof Request.Transfer t) {
            writesUnderWay += t.writes() ? 1 : 0;
            barrierUnderWay |= t.barrier();
        }
        if (job.performNow(setting.disk)) {
            end(job);
            return;
        }
        setting.shared.underWay().begin();
        try {
            setting.workers.io().execute(() -> perform(job));
        } catch (RejectedExecutionException e) {
            setting.shared.underWay().end();
            end(job);
        }
    }

    /** On a worker's thread. */
    private void perform(Job job) {
        try {
            job.perform(setting.disk, setting.shared.buffers());
        } finally {
            setting.shared.underWay().end();
        }
        performed.add(job);
        if (finishing.compareAndSet(false, true)) {
            setting.workers.host().execute(this::finish);
        }
    }

    // ---- ending ------------------------------------------------------------------------------

    private void finish() {
        finishing.set(false);
        for (Job job; (job = performed.poll()) != null; ) {
            end(job);
        }
        if (whenClosed == null) {
            start();
            if (!starting) {
                show();
            }
        } else if (underWay == 0) {
            closed();
        }
    }

    private void end(Job job) {
        underWay--;
        if (job.request() instanceof Request.Transfer t) {
            writesUnderWay -= t.writes() ? 1 : 0;
            barrierUnderWay &= !t.barrier();
            for (int i = 0; i < job.frames().size(); i++) {
                Request.Segment s = t.segments().get(i);
                if (!t.writes()) {
                    job.frames().get(i).stored(s.offset(), s.length());
                }
                GrantCache.giveBack(job.frames().get(i));
            }
        }
        setting.shared.counters().done(job.request(), job.status());
        if (job.status() != Protocol.OKAY) {
            setting.log.accept("a request failed: " + job.failure());
        }
        if (whenClosed == null) {
            respond(job.request().id(), job.request().operation(), job.status());
        }
    }

    private void respond(long id, int operation, int status) {
        byte[] response = new byte[setting.protocol.responseBytes()];
        ByteBuffer.wrap(response)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, id)
                .put(8, (byte) operation)
                .putShort(10, (short) status);
        ring.respond(response);
        answered = true;
    }

    /**
     * Takes no more requests and forgets those that wait; once those under way are done and no page
     * is mapped any more, runs {@code done}, perhaps at once.
     */
    void close(Runnable done) {
        whenClosed = done;
        waiting.clear();
        channel.close();
        if (underWay == 0) {
            closed();
        }
    }

    private void closed() {
        Runnable done = whenClosed;
        if (done != null) {
            grants.close();
            ring.close();
            done.run();
        }
    }
}
