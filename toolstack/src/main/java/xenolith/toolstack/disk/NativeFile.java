package xenolith.toolstack.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import xenolith.toolstack.libc.CLibrary;

/**
 * What Java has no call for: freeing space within a file (fallocate(2) with PUNCH_HOLE and
 * KEEP_SIZE), and reads and writes that never wait for a medium (preadv2(2) and pwritev2(2) with
 * RWF_NOWAIT). It has a file descriptor of its own, since that of a channel cannot be had. To be
 * closed together with the file's channel, because the process loses its locks of the file with it.
 */
final class NativeFile implements AutoCloseable {
    private static final int READ = 0;
    private static final int READ_WRITE = 2;
    private static final int PUNCH_HOLE_KEEP_SIZE = 2 | 1;
    private static final int NOWAIT = 8;

    /** Most parts of one read or write (IOV_MAX is 1024), of two words each. */
    private static final int MOST_PARTS = 256;

    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final CLibrary c = new CLibrary(arena);
    private final MemorySegment parts = arena.allocate(16L * MOST_PARTS, 8);

    /** For the file {@code path}; if it cannot be opened, no call will ever do anything. */
    NativeFile(Path path, boolean writable) {
        descriptor = c.open(path.toString(), writable ? READ_WRITE : READ);
    }

    /**
     * Frees the space of {@code length} bytes at {@code at}, which read as zeros then. Does nothing
     * where the file system cannot do that.
     *
     * @return whether it could
     */
    boolean punch(long at, long length) {
        return descriptor >= 0 && c.fallocate(descriptor, PUNCH_HOLE_KEEP_SIZE, at, length) == 0;
    }

    /**
     * Fills {@code into}, segments outside of the heap, one after another from byte {@code at} on,
     * if all of it is in the system's memory.
     *
     * @return whether it did; if not, any of it may have been filled
     */
    boolean readNow(long at, List<MemorySegment> into) {
        return now(at, into, true);
    }

    /**
     * Writes {@code from}, segments outside of the heap, one after another from byte {@code at} on,
     * if the system takes it without waiting.
     *
     * @return whether it did; if not, any of it may have been written
     */
    boolean writeNow(long at, List<MemorySegment> from) {
        return now(at, from, false);
    }

    private synchronized boolean now(long at, List<MemorySegment> list, boolean read) {
        if (descriptor < 0 || list.size() > MOST_PARTS) {
            return false;
        }
        long bytes = 0;
        for (int i = 0; i < list.size(); i++) {
            MemorySegment part = list.get(i);
            if (!part.isNative()) {
                return false;
            }
            parts.setAtIndex(ValueLayout.JAVA_LONG, 2L * i, part.address());
            parts.setAtIndex(ValueLayout.JAVA_LONG, 2L * i + 1, part.byteSize());
            bytes += part.byteSize();
        }
        int n = list.size();
        long done =
                read
                        ? c.preadv2(descriptor, parts, n, at, NOWAIT)
                        : c.pwritev2(descriptor, parts, n, at, NOWAIT);
        return done == bytes;
    }

    /** Not while another method runs. */
    @Override
    public void close() {
        if (descriptor >= 0) {
            c.close(descriptor);
        }
        arena.close();
    }
}
