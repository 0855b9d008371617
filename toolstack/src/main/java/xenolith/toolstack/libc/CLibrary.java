package xenolith.toolstack.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/**
 * Calls of the C library, by the names and arguments of their manual pages (section 2). {@link
 * #errno} tells of the last one that failed: whoever asks has an object for each thread. Files that
 * are opened here are closed when another program is executed.
 */
public final class CLibrary {
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final MemoryLayout POINTER = ValueLayout.ADDRESS;

    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO =
            STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private static final MethodHandle OPEN = variadic("open", 2, INT, POINTER, INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, INT, INT, LONG, POINTER);
    private static final MethodHandle READ = function("read", LONG, INT, POINTER, LONG);
    private static final MethodHandle WRITE = function("write", LONG, INT, POINTER, LONG);
    private static final MethodHandle POLL = function("poll", INT, POINTER, LONG, INT);
    private static final MethodHandle PREADV2 = vector("preadv2");
    private static final MethodHandle PWRITEV2 = vector("pwritev2");
    private static final MethodHandle FALLOCATE = function("fallocate", INT, INT, INT, LONG, LONG);
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);

    private static final int CLOEXEC = 0x80000;

    private final MemorySegment state;

    /** For the time of {@code arena}. */
    public CLibrary(Arena arena) {
        this.state = arena.allocate(STATE);
    }

    private static MethodHandle function(
            String name, MemoryLayout result, MemoryLayout... arguments) {
        return handle(name, result, arguments, Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle vector(String name) {
        return function(name, LONG, INT, POINTER, INT, LONG, INT);
    }

    private static MethodHandle variadic(
            String name, int fixed, MemoryLayout result, MemoryLayout... arguments) {
        return handle(
                name,
                result,
                arguments,
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(Math.min(fixed, arguments.length)));
    }

    @SuppressWarnings("restricted")
    private static MethodHandle handle(
            String name, MemoryLayout result, MemoryLayout[] arguments, Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(result, arguments),
                options);
    }

    private static IllegalStateException broken(Throwable e) {
        return new IllegalStateException("a call of the C library", e);
    }

    /** Why the last call failed, a number of errno.h. */
    public int errno() {
        return (int) ERRNO.get(state, 0L);
    }

    /** Opens {@code path} by {@code flags} of fcntl.h; a descriptor, or -1. */
    public int open(String path, int flags) {
        try (Arena call = Arena.ofConfined()) {
            return (int) OPEN.invokeExact(state, call.allocateFrom(path), flags | CLOEXEC);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** The answer is the device's own; -1 after an error. */
    public int ioctl(int descriptor, long request, MemorySegment argument) {
        try {
            return (int) IOCTL.invokeExact(state, descriptor, request, argument);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Reads to {@code buffer}; how many bytes, or -1. */
    public long read(int descriptor, MemorySegment buffer) {
        try {
            return (long) READ.invokeExact(state, descriptor, buffer, buffer.byteSize());
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Writes all of {@code bytes}; how many it took, or -1. */
    public long write(int descriptor, MemorySegment bytes) {
        try {
            return (long) WRITE.invokeExact(state, descriptor, bytes, bytes.byteSize());
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Waits, without end, for one of {@code count} structs pollfd. */
    public int poll(MemorySegment polled, long count) {
        try {
            return (int) POLL.invokeExact(state, polled, count, -1);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /**
     * Reads to the {@code count} structs iovec in {@code parts} from byte {@code at} on, by {@code
     * flags} of RWF_*; how many bytes, or -1.
     */
    public long preadv2(int descriptor, MemorySegment parts, int count, long at, int flags) {
        try {
            return (long) PREADV2.invokeExact(state, descriptor, parts, count, at, flags);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Writes what {@link #preadv2} reads. */
    public long pwritev2(int descriptor, MemorySegment parts, int count, long at, int flags) {
        try {
            return (long) PWRITEV2.invokeExact(state, descriptor, parts, count, at, flags);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** By {@code mode} of FALLOC_FL_*; 0, or -1. */
    public int fallocate(int descriptor, int mode, long at, long length) {
        try {
            return (int) FALLOCATE.invokeExact(state, descriptor, mode, at, length);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Gives a descriptor back; 0, or -1. */
    public int close(int descriptor) {
        try {
            return (int) CLOSE.invokeExact(state, descriptor);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** A counter at 0 that can be waited for; a descriptor, or -1. */
    public int eventfd() {
        try {
            return (int) EVENTFD.invokeExact(state, 0, CLOEXEC);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** A descriptor, or -1. */
    public int socket(int family, int type) {
        try {
            return (int) SOCKET.invokeExact(state, family, type | CLOEXEC, 0);
        } catch (Throwable e) {
            throw broken(e);
        }
    }
}
