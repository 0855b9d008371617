package xenolith.hypervisor.event;

import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.abi.xen.Errno;

/** The bits of the 2-level ABI in the guest's pages; every change is a locked one. */
final class EventBits implements EventAbi {
    private final EventTarget target;
    private final GuestBits bits;

    EventBits(GuestBits bits, EventTarget target) {
        this.bits = bits;
        this.target = target;
    }

    /** A word of bits for each bit of a word. */
    @Override
    public int ports() {
        int wordBits = 8 * target.abi().word();
        return wordBits * wordBits;
    }

    @Override
    public void init(Channel c) {}

    private long pending() {
        return target.sharedInfo() + SharedInfo.EVTCHN_PENDING.at(target.abi());
    }

    private long mask() {
        return target.sharedInfo() + SharedInfo.EVTCHN_MASK.at(target.abi());
    }

    @Override
    public void raise(Channel c) {
        if (bits.testAndSet(pending(), c.port)) {
            return;
        }
        if (!bits.test(mask(), c.port)) {
            select(c);
        }
        target.wakePollers(c.port);
    }

    private void select(Channel c) {
        long info = target.vcpuInfo(c.vcpu);
        long selector = info + VcpuInfo.EVTCHN_PENDING_SEL.at(target.abi());
        if (!bits.testAndSet(selector, c.port / (8 * target.abi().word()))) {
            bits.markPending(c.vcpu);
        }
    }

    @Override
    public void unmask(Channel c) {
        if (bits.testAndClear(mask(), c.port) && pending(c)) {
            select(c);
        }
    }

    @Override
    public boolean pending(Channel c) {
        return pending(c.port);
    }

    /** Whether the bit of {@code port}, bound or not, is set. */
    boolean pending(int port) {
        return bits.test(pending(), port);
    }

    @Override
    public void clearPending(Channel c) {
        bits.testAndClear(pending(), c.port);
    }

    @Override
    public boolean busy(Channel c) {
        return false;
    }

    @Override
    public int setPriority(Channel c, long priority) {
        target.refuse("the 2-level ABI has no priorities");
        return -Errno.ENOSYS;
    }
}
