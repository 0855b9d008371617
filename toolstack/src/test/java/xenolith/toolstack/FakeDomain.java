package xenolith.toolstack;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.hypervisor.control.VcpuContext;

/** A domain that is only memory: frame numbers are the PFNs backwards from 0x9000. */
public final class FakeDomain implements DomainControl {
    private final Map<Long, byte[]> frames = new HashMap<>();
    private final Map<Integer, Runnable> handlers = new HashMap<>();
    private final Deque<Runnable> posted = new ArrayDeque<>();
    private int lastPort;
    public final List<String> calls = new ArrayList<>();
    public int notifications;
    public @Nullable VcpuContext context;

    @Override
    public int domid() {
        return 1;
    }

    @Override
    public DomainConfig config() {
        return new DomainConfig("fake", new UUID(0, 1), 1, 1 << 20, -1);
    }

    public static long mfn(long pfn) {
        return 0x90000 - pfn;
    }

    @Override
    public long[] populate(long firstPfn, int count) {
        long[] mfns = new long[count];
        for (int i = 0; i < count; i++) {
            mfns[i] = mfn(firstPfn + i);
        }
        return mfns;
    }

    /** Is told of each read of a granted frame, just after it. */
    @FunctionalInterface
    public interface Reads {
        void read(long mfn, int offset, int length);
    }

    /** Plays a guest that changes its memory between two reads of it. */
    public Reads afterRead = (mfn, offset, length) -> {};

    public byte[] frame(long mfn) {
        return frames.computeIfAbsent(mfn, m -> new byte[4096]);
    }

    @Override
    public void write(long mfn, int offset, byte[] src, int at, int length) {
        System.arraycopy(src, at, frame(mfn), offset, length);
    }

    @Override
    public void read(long mfn, int offset, byte[] dst, int at, int length) {
        System.arraycopy(frame(mfn), offset, dst, at, length);
    }

    @Override
    public void pinTopTable(long mfn) {
        calls.add("pin " + mfn);
    }

    @Override
    public void writeHypercallPage(long mfn) {
        calls.add("hypercall page " + mfn);
    }

    @Override
    public long sharedInfoMfn() {
        return 0xabc;
    }

    @Override
    public void seedGrant(int ref, int domid, long mfn) {
        calls.add("grant " + ref + " " + domid + " " + mfn);
    }

    @Override
    public int allocateUnbound(int remoteDomid) {
        return ++lastPort;
    }

    @Override
    public EventEnd bind(int remotePort, Runnable handler) {
        handlers.put(remotePort, handler);
        return new EventEnd() {
            @Override
            public void notifyGuest() {
                notifications++;
            }

            @Override
            public void close() {
                handlers.remove(remotePort);
            }
        };
    }

    /** The guest sends on {@code port}. */
    public void send(int port) {
        Runnable handler = handlers.get(port);
        if (handler == null) {
            throw new IllegalStateException("port " + port);
        }
        handler.run();
    }

    @Override
    public void setVcpuContext(int vcpu, VcpuContext start) {
        context = start;
    }

    @Override
    public void post(Runnable task) {
        posted.add(task);
    }

    /** Runs what was posted. */
    public void runPosted() {
        for (Runnable task; (task = posted.poll()) != null; ) {
            task.run();
        }
    }

    @Override
    public Optional<ShutdownReason> shutdown() {
        return Optional.empty();
    }

    @Override
    public Optional<String> crashReport() {
        return Optional.empty();
    }

    /** Grants that are mapped now. */
    public int mapped;

    /** Every grant is there but those from 0x7000 on; its frame has the number of the grant. */
    @Override
    public GrantedFrame mapGrant(int ref, boolean readOnly) throws ControlException {
        if (ref < 0 || ref >= 0x7000) {
            throw new ControlException("Cannot map grant " + ref);
        }
        mapped++;
        return new FakeFrame(this, ref);
    }

    @Override
    public void destroy() {
        frames.clear();
    }
}
