package xenolith.toolstack.disk;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/**
 * Frees space within a file: fallocate(2) with PUNCH_HOLE and KEEP_SIZE, which Java has no call
 * for. It has a file descriptor of its own, since that of a channel cannot be had. To be closed
 * together with the file's channel, because the process loses its locks of the file with it.
 */
final class HolePunch implements AutoCloseable {
    private static final int READ_WRITE_CLOEXEC = 2 | 0x80000;
    private static final int PUNCH_HOLE_KEEP_SIZE = 2 | 1;

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

    private static final MethodHandle CLOSE =
            function("close", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT));

    private final int descriptor;

    /** For the file {@code path}; if it cannot be opened, nothing will ever be freed. */
    HolePunch(Path path) {
        try (Arena arena = Arena.ofConfined()) {
            descriptor =
                    (int) OPEN.invokeExact(arena.allocateFrom(path.toString()), READ_WRITE_CLOEXEC);
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

    private static IllegalStateException broken(Throwable e) {
        return new IllegalStateException("a call of the C library", e);
    }

    @Override
    public void close() {
        if (descriptor >= 0) {
            try {
                int ignored = (int) CLOSE.invokeExact(descriptor);
            } catch (Throwable e) {
                throw broken(e);
            }
        }
    }
}
