package xenolith.hypervisor.event;

import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.machine.memory.MachineMemory;

/** The bits of the 2-level ABI in the guest's pages; every change is a locked one. */
final class EventBits {
    /** Ports that a 64-bit guest's bit arrays have room for. */
    static final int PORTS = 4096;

    private final MachineMemory memory;
    private final EventTarget target;

    EventBits(MachineMemory memory, EventTarget target) {
        this.memory = memory;
        this.target = target;
    }

    private boolean testAndSet(long maddr, int bit) {
        long word = maddr + (bit >>> 6) * 8L;
        long mask = 1L << (bit & 63);
        while (true) {
            long seen = memory.get64(word);
            if ((seen & mask) != 0) {
                return true;
            }
            if (memory.compareAndSwap(word, 8, seen, seen | mask) == seen) {
                return false;
            }
        }
    }

    private boolean testAndClear(long maddr, int bit) {
        long word = maddr + (bit >>> 6) * 8L;
        long mask = 1L << (bit & 63);
        while (true) {
            long seen = memory.get64(word);
            if ((seen & mask) == 0) {
                return false;
            }
            if (memory.compareAndSwap(word, 8, seen, seen & ~mask) == seen) {
                return true;
            }
        }
    }

    private boolean test(long maddr, int bit) {
        return (memory.get64(maddr + (bit >>> 6) * 8L) >>> (bit & 63) & 1) != 0;
    }

    /** Raises {@code port} towards {@code vcpu} (public/event_channel.h, 2-level). */
    void raise(int port, int vcpu) {
        long shared = target.sharedInfo();
        boolean was = testAndSet(shared + SharedInfo.EVTCHN_PENDING, port);
        if (!was && !test(shared + SharedInfo.EVTCHN_MASK, port)) {
            select(port, vcpu);
        }
        target.wakePollers(port);
    }

    private void select(int port, int vcpu) {
        long info = target.vcpuInfo(vcpu);
        if (!testAndSet(info + VcpuInfo.EVTCHN_PENDING_SEL, port >>> 6)) {
            markPending(info, vcpu);
        }
    }

    private void markPending(long info, int vcpu) {
        if (memory.compareAndSwap(info + VcpuInfo.EVTCHN_UPCALL_PENDING, 1, 0, 1) == 0) {
            target.wake(vcpu);
        }
    }

    /** Clears the mask of {@code port}, and raises the upcall if it was set and is pending. */
    void unmask(int port, int vcpu) {
        long shared = target.sharedInfo();
        if (testAndClear(shared + SharedInfo.EVTCHN_MASK, port)
                && test(shared + SharedInfo.EVTCHN_PENDING, port)) {
            select(port, vcpu);
        }
    }

    boolean pending(int port) {
        return test(target.sharedInfo() + SharedInfo.EVTCHN_PENDING, port);
    }

    boolean masked(int port) {
        return test(target.sharedInfo() + SharedInfo.EVTCHN_MASK, port);
    }

    void clearPending(int port) {
        testAndClear(target.sharedInfo() + SharedInfo.EVTCHN_PENDING, port);
    }

    /** After the vcpu_info of {@code vcpu} moved: tells it of all that may have come before. */
    void raiseAll(int vcpu) {
        long info = target.vcpuInfo(vcpu);
        memory.put64(info + VcpuInfo.EVTCHN_PENDING_SEL, -1L);
        memory.put8(info + VcpuInfo.EVTCHN_UPCALL_PENDING, 1);
        target.wake(vcpu);
    }
}
