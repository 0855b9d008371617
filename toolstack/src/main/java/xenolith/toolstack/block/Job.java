package xenolith.toolstack.block;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import xenolith.hypervisor.control.DomainControl.GrantedFrame;
import xenolith.toolstack.disk.Disk;

/** A request under way: a worker performs it, the host's thread does the rest. */
final class Job {
    private final Request request;

    /** A page for each segment of a transfer, held. */
    private final List<GrantedFrame> frames;

    private int status = Protocol.ERROR;
    private String failure = "";

    Job(Request request, List<GrantedFrame> frames) {
        this.request = request;
        this.frames = frames;
    }

    Request request() {
        return request;
    }

    List<GrantedFrame> frames() {
        return frames;
    }

    /** The status of the response, once it is performed. */
    int status() {
        return status;
    }

    /** Why it failed. */
    String failure() {
        return failure;
    }

    /**
     * Does it. Whatever goes wrong is a status: a worker that dies would leave the guest waiting.
     */
    void perform(Disk disk, Buffers buffers) {
        try {
            switch (request) {
                case Request.Transfer t -> transfer(t, disk, buffers);
                case Request.Discard d -> disk.discard(d.at(), d.length());
                case Request.Refused r -> throw new IllegalStateException(r.why());
            }
            status = Protocol.OKAY;
        } catch (Throwable e) {
            String message = e.getMessage();
            failure = e instanceof IOException && message != null ? message : e.toString();
        }
    }

    /**
     * Does it on the host's thread if that takes no wait, which saves two changes of threads;
     * answers whether it did.
     */
    boolean performNow(Disk disk) {
        if (!(request instanceof Request.Transfer t)
                || t.barrier()
                || t.flush()
                || frames.isEmpty()) {
            return false;
        }
        List<MemorySegment> parts = new ArrayList<>(frames.size());
        for (int i = 0; i < frames.size(); i++) {
            parts.add(segment(t, i));
        }
        boolean done = t.writes() ? disk.writeNow(t.at(), parts) : disk.readNow(t.at(), parts);
        if (done) {
            status = Protocol.OKAY;
        }
        return done;
    }

    private void transfer(Request.Transfer t, Disk disk, Buffers buffers) throws IOException {
        boolean safe = t.barrier() || t.flush();
        if (safe) {
            disk.flush();
        }
        if (frames.size() == 1) {
            ByteBuffer bytes = segment(t, 0).asByteBuffer();
            if (t.writes()) {
                disk.write(t.at(), bytes);
            } else {
                disk.read(t.at(), bytes);
            }
        } else if (!frames.isEmpty()) {
            byTurns(t, disk, buffers);
        }
        if (safe && !frames.isEmpty()) {
            disk.flush();
        }
    }

    private MemorySegment segment(Request.Transfer t, int i) {
        Request.Segment s = t.segments().get(i);
        return frames.get(i).segment().asSlice(s.offset(), s.length());
    }

    private void byTurns(Request.Transfer t, Disk disk, Buffers buffers) throws IOException {
        ByteBuffer buffer = buffers.take();
        try {
            long at = t.at();
            for (int first = 0, end; first < frames.size(); first = end) {
                int bytes = 0;
                end = first;
                while (end < frames.size()
                        && bytes + t.segments().get(end).length() <= buffer.capacity()) {
                    bytes += t.segments().get(end++).length();
                }
                buffer.clear().limit(bytes);
                if (t.writes()) {
                    for (int i = first; i < end; i++) {
                        buffer.put(segment(t, i).asByteBuffer());
                    }
                    disk.write(at, buffer.flip());
                } else {
                    disk.read(at, buffer);
                    scatter(t, buffer.flip(), first, end);
                }
                at += bytes;
            }
        } finally {
            buffers.giveBack(buffer);
        }
    }

    private void scatter(Request.Transfer t, ByteBuffer buffer, int first, int end) {
        MemorySegment from = MemorySegment.ofBuffer(buffer);
        long at = 0;
        for (int i = first; i < end; i++) {
            MemorySegment to = segment(t, i);
            MemorySegment.copy(from, at, to, 0, to.byteSize());
            at += to.byteSize();
        }
    }
}
