package xenolith.toolstack.disk;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A disk: bytes 0 to {@link #size} - 1. Any number of threads may call its methods at once, each
 * blocks until it is done. Ranges reach no further than the end and are any number of bytes long.
 * What was written is seen by reads at once, but is safe from a crash of the machine only after a
 * {@link #flush} that began later.
 */
public interface Disk extends AutoCloseable {
    /** Unit of {@link #size} and of a guest's requests. */
    int SECTOR = 512;

    /** Bytes, a multiple of {@link #SECTOR}. */
    long size();

    /** Whether writing is refused. */
    boolean readOnly();

    /** Fills {@code dst} up to its limit with the bytes from {@code at} on. */
    void read(long at, ByteBuffer dst) throws IOException;

    /** Writes all that remains in {@code src} from {@code at} on. */
    void write(long at, ByteBuffer src) throws IOException;

    /**
     * As {@link #read}, into segments outside of the heap, one after another, if that takes no wait
     * for a medium; for those who must not wait. Any other failure is none here: {@link #read}
     * tells of it.
     *
     * @return whether all was read; if not, the segments may have been changed
     */
    default boolean readNow(long at, List<MemorySegment> into) {
        return false;
    }

    /**
     * As {@link #write}, from segments outside of the heap, one after another, if that takes no
     * wait.
     *
     * @return whether all was written; if not, any of it may have been
     */
    default boolean writeNow(long at, List<MemorySegment> from) {
        return false;
    }

    /** Makes all writes that have returned safe. */
    void flush() throws IOException;

    /**
     * Gives up the contents of {@code length} bytes at {@code at}, as far as this frees something:
     * they read as what they were or as zeros.
     */
    void discard(long at, long length) throws IOException;

    /** What it is, for messages: a path, or a path and a format. */
    String describe();

    /** Flushes and gives up the disk. Not while another method runs. */
    @Override
    void close() throws IOException;
}
