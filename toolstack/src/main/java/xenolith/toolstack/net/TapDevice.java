package xenolith.toolstack.net;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.libc.CLibrary;

/**
 * A TAP device of this machine (Linux' Documentation/networking/tuntap.rst): an interface whose
 * wire is this object. A new one takes CAP_NET_ADMIN, and goes with its {@link #close}; one that
 * {@code ip tuntap add dev NAME mode tap user JOE} made takes none. Frames are whole, without
 * offloads.
 */
final class TapDevice implements AutoCloseable {
    private static final String PATH = "/dev/net/tun";

    private static final int RDWR_NONBLOCK = 2 | 0x800;
    private static final long TUNSETIFF = 0x4004_54caL;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final int IFF_TAP_NO_PI = 0x1002;
    private static final int IFF_UP = 1;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM = 2;

    /** struct ifreq: the interface's name, then a union whose first word is the flags here. */
    private static final int IFREQ = 40;

    private static final int NAME = 16;

    private static final int EPERM = 1;
    private static final int ENOENT = 2;
    private static final int EINTR = 4;
    private static final int ENXIO = 6;
    private static final int EAGAIN = 11;
    private static final int EACCES = 13;
    private static final int EBUSY = 16;
    private static final int ENODEV = 19;

    private static final short POLLIN = 1;
    private static final long ONE = 1;

    private final String name;
    private final int descriptor;

    /** An eventfd that ends waits. */
    private final int alarm;

    private boolean reading;
    private volatile boolean closed;

    private TapDevice(String name, int descriptor, int alarm) {
        this.name = name;
        this.descriptor = descriptor;
        this.alarm = alarm;
    }

    /**
     * Opens the device {@code name}, making it if it is not there, and brings it up if it may.
     *
     * @throws ToolException if it may not be opened, or another program has it
     */
    static TapDevice open(String name) throws ToolException {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length == 0 || bytes.length >= NAME) {
            throw new ToolException(
                    "A TAP device: \"" + name + "\" is no name of an interface (1 to 15 letters).");
        }
        try (Arena arena = Arena.ofConfined()) {
            CLibrary c = new CLibrary(arena);
            int descriptor = c.open(PATH, RDWR_NONBLOCK);
            if (descriptor < 0) {
                throw refused(name, "open " + PATH, c.errno());
            }
            MemorySegment request = arena.allocate(IFREQ);
            MemorySegment.copy(bytes, 0, request, ValueLayout.JAVA_BYTE, 0, bytes.length);
            request.set(ValueLayout.JAVA_SHORT, NAME, (short) IFF_TAP_NO_PI);
            if (c.ioctl(descriptor, TUNSETIFF, request) < 0) {
                int errno = c.errno();
                c.close(descriptor);
                throw refused(name, "TUNSETIFF", errno);
            }
            bringUp(c, request);
            return new TapDevice(request.getString(0), descriptor, c.eventfd());
        }
    }

    /** Whoever may not do it has done it before, or will. */
    private static void bringUp(CLibrary c, MemorySegment request) {
        int socket = c.socket(AF_INET, SOCK_DGRAM);
        if (socket < 0) {
            return;
        }
        if (c.ioctl(socket, SIOCGIFFLAGS, request) >= 0) {
            short flags = request.get(ValueLayout.JAVA_SHORT, NAME);
            request.set(ValueLayout.JAVA_SHORT, NAME, (short) (flags | IFF_UP));
            c.ioctl(socket, SIOCSIFFLAGS, request);
        }
        c.close(socket);
    }

    private static ToolException refused(String name, String what, int errno) {
        String why =
                switch (errno) {
                    case EPERM, EACCES ->
                            "that takes root (CAP_NET_ADMIN), or a device that root made for this"
                                    + " user (ip tuntap add dev NAME mode tap user "
                                    + System.getProperty("user.name")
                                    + "; then --way-out tap:NAME). Without root, --way-out passt"
                                    + " leads out.";
                    case ENOENT, ENXIO, ENODEV ->
                            "this machine's kernel has no TUN/TAP driver (modprobe tun).";
                    case EBUSY -> "another program uses it; --way-out tap:NAME names another.";
                    default -> String.format(Locale.ROOT, "%s: error %d.", what, errno);
                };
        return new ToolException("The TAP device " + name + " cannot be opened: " + why);
    }

    /** The interface's name. */
    String name() {
        return name;
    }

    /** Takes what the device sends. */
    @FunctionalInterface
    interface Taker {
        void take(Frame frame) throws InterruptedException;
    }

    /**
     * Gives all that comes to {@code taker} until {@link #close}, or until the device is taken away
     * from this machine. Blocks its thread, which is to be a platform thread.
     */
    void read(Taker taker) throws InterruptedException {
        synchronized (this) {
            reading = true;
        }
        try (Arena arena = Arena.ofConfined()) {
            CLibrary c = new CLibrary(arena);
            MemorySegment buffer = arena.allocate(Frame.MOST);
            MemorySegment polled = arena.allocate(16, 4);
            poll(polled, 0, descriptor);
            poll(polled, 8, alarm);
            while (!closed) {
                long n = c.read(descriptor, buffer);
                if (n >= Frame.HEADER) {
                    byte[] bytes = new byte[(int) n];
                    MemorySegment.copy(buffer, ValueLayout.JAVA_BYTE, 0, bytes, 0, bytes.length);
                    taker.take(new Frame(bytes));
                } else if (n < 0 && c.errno() != EAGAIN && c.errno() != EINTR) {
                    break;
                } else if (n < 0) {
                    c.poll(polled, 2);
                }
            }
        } finally {
            giveBack();
        }
    }

    /** No call may use a descriptor that another file has by now. */
    private synchronized void giveBack() {
        closed = true;
        try (Arena arena = Arena.ofConfined()) {
            CLibrary c = new CLibrary(arena);
            c.close(descriptor);
            c.close(alarm);
        }
    }

    private static void poll(MemorySegment polled, long at, int descriptor) {
        polled.set(ValueLayout.JAVA_INT, at, descriptor);
        polled.set(ValueLayout.JAVA_SHORT, at + 4, POLLIN);
    }

    /** Sends {@code frame}; false if the device has no room, or is down. */
    synchronized boolean write(Frame frame) {
        if (closed) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            CLibrary c = new CLibrary(arena);
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_BYTE, frame.bytes());
            return c.write(descriptor, bytes) == frame.length();
        }
    }

    /** Whether it is still there. */
    boolean open() {
        return !closed;
    }

    /** Gives the device back, soon; {@link #read} ends. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        if (!reading) {
            giveBack();
            return;
        }
        closed = true;
        try (Arena arena = Arena.ofConfined()) {
            new CLibrary(arena).write(alarm, arena.allocateFrom(ValueLayout.JAVA_LONG, ONE));
        }
    }
}
