package xenolith.toolstack.disk;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * A disk over another one, which is only read: what is written stays in memory and is gone when the
 * overlay is closed. For runs that shall leave no trace.
 */
public final class OverlayDisk implements Disk {
    /** Bytes that are copied on the first write to any of them. */
    private static final int BLOCK = 1 << 14;

    private final Disk base;
    private final ConcurrentMap<Long, MemorySegment> blocks = new ConcurrentHashMap<>();
    private final Arena arena = Arena.ofShared();

    /** An overlay over {@code base}, which it closes with itself. */
    public OverlayDisk(Disk base) {
        this.base = base;
    }

    @Override
    public long size() {
        return base.size();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    /** Bytes of memory that hold what was written. */
    public long memory() {
        return (long) blocks.size() * BLOCK;
    }

    @Override
    public void read(long at, ByteBuffer dst) throws IOException {
        int limit = dst.limit();
        for (long from = at; dst.position() < limit; ) {
            int n = (int) Math.min(limit - dst.position(), BLOCK - from % BLOCK);
            MemorySegment block = blocks.get(from / BLOCK);
            if (block == null) {
                dst.limit(dst.position() + n);
                base.read(from, dst);
                dst.limit(limit);
            } else {
                dst.put(block.asSlice(from % BLOCK, n).asByteBuffer());
            }
            from += n;
        }
    }

    @Override
    public boolean readNow(long at, List<MemorySegment> into) {
        long end = at + into.stream().mapToLong(MemorySegment::byteSize).sum();
        for (long number = at / BLOCK; number * BLOCK < end; number++) {
            if (blocks.containsKey(number)) {
                return false;
            }
        }
        return base.readNow(at, into);
    }

    @Override
    public void write(long at, ByteBuffer src) throws IOException {
        int limit = src.limit();
        for (long to = at; src.position() < limit; ) {
            int n = (int) Math.min(limit - src.position(), BLOCK - to % BLOCK);
            src.limit(src.position() + n);
            block(to / BLOCK).asSlice(to % BLOCK, n).asByteBuffer().put(src);
            src.limit(limit);
            to += n;
        }
    }

    /** The block {@code number} in memory, copied from below if need be. */
    private MemorySegment block(long number) throws IOException {
        MemorySegment there = blocks.get(number);
        if (there != null) {
            return there;
        }
        MemorySegment fresh = allocate();
        ByteBuffer content = fresh.asByteBuffer();
        content.limit((int) Math.min(BLOCK, size() - number * BLOCK));
        base.read(number * BLOCK, content);
        // A block that another thread was quicker with is lost until the overlay is closed.
        @Nullable MemorySegment other = blocks.putIfAbsent(number, fresh);
        return other == null ? fresh : other;
    }

    private MemorySegment allocate() throws IOException {
        try {
            return arena.allocate(BLOCK, 8);
        } catch (OutOfMemoryError e) {
            throw new IOException("there is no memory for what is written to " + base, e);
        }
    }

    /** There is nothing that could outlast the overlay. */
    @Override
    public void flush() {}

    @Override
    public void discard(long at, long length) {}

    @Override
    public String describe() {
        return base.describe() + ", changes in memory";
    }

    @Override
    public void close() throws IOException {
        arena.close();
        base.close();
    }
}
