package xenolith.toolstack.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/**
 * What Java has no call for: freeing space within a file (fallocate(2) with PUNCH_HOLE and
 * KEEP_SIZE), and reads and writes that never wait for a medium (preadv2(2) and pwritev2(2) with
 * RWF_NOWAIT). It has a file descriptor of its own, since that of a channel cannot be had. To be
 * closed together with the file's channel, because the process loses its locks of the file with it.
 */
final class NativeFile implements AutoCloseable {
    private static final int READ_WRITE_CLOEXEC = 2 | 0x80000;
    private static final int READ_CLOEXEC = 0x80000;
    private static final int PUNCH_HOLE_KEEP_SIZE = 2 | 1;
    private static final int NOWAIT = 8;

    /** Most parts of one read or write (IOV_MAX is 1024), of two words each. */
    private static final int MOST_PARTS = 256;

    private static final MethodHandle OPEN =
            function(
                    "open",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT),
                    Linker.Option.firstVariadicArg(2));

    private static final MethodHandle FALLOCATE =
            function(
                    "fallocate",
                    FunctionDescriptor.of(
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_INT,
                            ValueLayout.JAVA_LONG,
                            ValueLayout.JAVA_LONG));

    private static final MethodHandle READ = vector("preadv2");
    private static final MethodHandle WRITE = vector("pwritev2");

    private static final MethodHandle CLOSE =
            function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int descriptor;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment parts = arena.allocate(16L * MOST_PARTS, 8);

    /** For the file {@code path}; if it cannot be opened, no call will ever do anything. */
    NativeFile(Path path, boolean writable) {
        try (Arena call = Arena.ofConfined()) {
            descriptor =
                    (int)
                            OPEN.invokeExact(
                                    call.allocateFrom(path.toString()),
                                    writable ? READ_WRITE_CLOEXEC : READ_CLOEXEC);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    @SuppressWarnings("restricted")
    private static MethodHandle function(
            String name, FunctionDescriptor descriptor, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, options);
    }

    private static MethodHandle vector(String name) {
        return function(
                name,
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT));
    }

    /**
     * Frees the space of {@code length} bytes at {@code at}, which read as zeros then. Does nothing
     * where the file system cannot do that.
     *
     * @return whether it could
     */
    boolean punch(long at, long length) {
        if (descriptor < 0) {
            return false;
        }
        try {
            return (int) FALLOCATE.invokeExact(descriptor, PUNCH_HOLE_KEEP_SIZE, at, length) == 0;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /**
     * Fills {@code into}, segments outside of the heap, one after another from byte {@code at} on,
     * if all of it is in the system's memory.
     *
     * @return whether it did; if not, any of it may have been filled
     */
    boolean readNow(long at, List<MemorySegment> into) {
        return now(READ, at, into);
    }

    /**
     * Writes {@code from}, segments outside of the heap, one after another from byte {@code at} on,
     * if the system takes it without waiting.
     *
     * @return whether it did; if not, any of it may have been written
     */
    boolean writeNow(long at, List<MemorySegment> from) {
        return now(WRITE, at, from);
    }

    private synchronized boolean now(MethodHandle call, long at, List<MemorySegment> list) {
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
        try {
            return (long) call.invokeExact(descriptor, parts, list.size(), at, NOWAIT) == bytes;
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    private static IllegalStateException broken(Throwable e) {
        return new IllegalStateException("a call of the C library", e);
    }

    /** Not while another method runs. */
    @Override
    public void close() {
        if (descriptor >= 0) {
            try {
                int ignored = (int) CLOSE.invokeExact(descriptor);
            } catch (Throwable e) {
                throw broken(e);
            }
        }
        arena.close();
    }
}
