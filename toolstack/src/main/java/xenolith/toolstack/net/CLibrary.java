package xenolith.toolstack.net;

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
 * The calls of the C library that a TAP device takes and Java has not, one object a thread: {@link
 * #errno} tells of the last one that failed.
 */
final class CLibrary {
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
    private static final MethodHandle CLOSE = function("close", INT, INT);
    private static final MethodHandle EVENTFD = function("eventfd", INT, INT, INT);
    private static final MethodHandle SOCKET = function("socket", INT, INT, INT, INT);

    private static final int CLOEXEC = 0x80000;

    private final Arena arena;
    private final MemorySegment state;

    /** For the time of {@code arena}. */
    CLibrary(Arena arena) {
        this.arena = arena;
        this.state = arena.allocate(STATE);
    }

    private static MethodHandle function(
            String name, MemoryLayout result, MemoryLayout... arguments) {
        return handle(name, result, arguments, Linker.Option.captureCallState("errno"));
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
    int errno() {
        return (int) ERRNO.get(state, 0L);
    }

    int open(String path, int flags) {
        try {
            return (int) OPEN.invokeExact(state, arena.allocateFrom(path), flags);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int ioctl(int descriptor, long request, MemorySegment argument) {
        try {
            return (int) IOCTL.invokeExact(state, descriptor, request, argument);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Reads to {@code buffer}; how many bytes, or -1. */
    long read(int descriptor, MemorySegment buffer) {
        try {
            return (long) READ.invokeExact(state, descriptor, buffer, buffer.byteSize());
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Writes all of {@code bytes}; how many it took, or -1. */
    long write(int descriptor, MemorySegment bytes) {
        try {
            return (long) WRITE.invokeExact(state, descriptor, bytes, bytes.byteSize());
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    /** Waits, without end, for one of {@code count} structs pollfd. */
    int poll(MemorySegment polled, long count) {
        try {
            return (int) POLL.invokeExact(state, polled, count, -1);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int close(int descriptor) {
        try {
            return (int) CLOSE.invokeExact(state, descriptor);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int eventfd() {
        try {
            return (int) EVENTFD.invokeExact(state, 0, CLOEXEC);
        } catch (Throwable e) {
            throw broken(e);
        }
    }

    int socket(int family, int type) {
        try {
            return (int) SOCKET.invokeExact(state, family, type | CLOEXEC, 0);
        } catch (Throwable e) {
            throw broken(e);
        }
    }
}
