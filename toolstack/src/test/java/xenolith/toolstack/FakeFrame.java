package xenolith.toolstack;

import java.lang.foreign.MemorySegment;
import xenolith.hypervisor.control.DomainControl;

/** A granted frame of a {@link FakeDomain}. */
final class FakeFrame implements DomainControl.GrantedFrame {
    private final FakeDomain domain;
    private final long mfn;
    private boolean closed;
    private int holds;

    FakeFrame(FakeDomain domain, long mfn) {
        this.domain = domain;
        this.mfn = mfn;
    }

    private void check() {
        if (closed && holds == 0) {
            throw new IllegalStateException("frame " + mfn + " is not mapped");
        }
    }

    @Override
    public void read(int offset, byte[] dst, int at, int length) {
        check();
        domain.read(mfn, offset, dst, at, length);
        domain.afterRead.read(mfn, offset, length);
    }

    @Override
    public void write(int offset, byte[] src, int at, int length) {
        check();
        domain.write(mfn, offset, src, at, length);
    }

    @Override
    public long mfn() {
        return mfn;
    }

    @Override
    public MemorySegment segment() {
        check();
        return MemorySegment.ofArray(domain.frame(mfn));
    }

    @Override
    public void hold() {
        check();
        holds++;
    }

    @Override
    public void release() {
        check();
        holds--;
        ended();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            ended();
        }
    }

    private void ended() {
        if (closed && holds == 0) {
            domain.mapped--;
        }
    }
}
