package xenolith.hypervisor.event;

import xenolith.abi.struct.Abi;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.machine.memory.MachineMemory;

/** The bits of the 2-level ABI in the guest's pages; every change is a locked one. */
final class EventBits {
    private final MachineMemory memory;
    private final EventTarget target;

    /** Ports that the guest's bit arrays have room for: a word of bits for each bit of a word. */
    static int ports(Abi abi) {
        int bits = 8 * abi.word();
        return bits * bits;
    }

    EventBits(MachineMemory memory, EventTarget target) {
        this.memory = memory;
        this.target = target;
    }

    private boolean testAndSet(long maddr, int bit) {
        long word = maddr + (bit >>> 5) * 4L;
        long mask = 1L << (bit & 31);
        while (true) {
            long seen = memory.get32(word);
            if ((seen & mask) != 0) {
                return true;
            }
            if (memory.compareAndSwap(word, 4, seen, seen | mask) == seen) {
                return false;
            }
        }
    }

    private boolean testAndClear(long maddr, int bit) {
        long word = maddr + (bit >>> 5) * 4L;
        long mask = 1L << (bit & 31);
        while (true) {
            long seen = memory.get32(word);
            if ((seen & mask) == 0) {
                return false;
            }
            if (memory.compareAndSwap(word, 4, seen, seen & ~mask) == seen) {
                return true;
            }
        }
    }

    private boolean test(long maddr, int bit) {
        return (memory.get32(maddr + (bit >>> 5) * 4L) >>> (bit & 31) & 1) != 0;
    }

    /** Raises {@code port} towards {@code vcpu} (public/event_channel.h, 2-level). */
    void raise(int port, int vcpu) {
        long shared = target.sharedInfo();
        boolean was = testAndSet(shared + SharedInfo.EVTCHN_PENDING.at(target.abi()), port);
        if (!was && !test(shared + SharedInfo.EVTCHN_MASK.at(target.abi()), port)) {
            select(port, vcpu);
        }
        target.wakePollers(port);
    }

    private void select(int port, int vcpu) {
        long info = target.vcpuInfo(vcpu);
        Abi abi = target.abi();
        long selector = info + VcpuInfo.EVTCHN_PENDING_SEL.at(abi);
        if (!testAndSet(selector, port / (8 * abi.word()))) {
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
        if (testAndClear(shared + SharedInfo.EVTCHN_MASK.at(target.abi()), port)
                && test(shared + SharedInfo.EVTCHN_PENDING.at(target.abi()), port)) {
            select(port, vcpu);
        }
    }

    boolean pending(int port) {
        return test(target.sharedInfo() + SharedInfo.EVTCHN_PENDING.at(target.abi()), port);
    }

    boolean masked(int port) {
        return test(target.sharedInfo() + SharedInfo.EVTCHN_MASK.at(target.abi()), port);
    }

    void clearPending(int port) {
        testAndClear(target.sharedInfo() + SharedInfo.EVTCHN_PENDING.at(target.abi()), port);
    }

    /** After the vcpu_info of {@code vcpu} moved: tells it of all that may have come before. */
    void raiseAll(int vcpu) {
        long info = target.vcpuInfo(vcpu);
        Abi abi = target.abi();
        for (int i = 0; i < abi.word(); i++) {
            memory.put8(info + VcpuInfo.EVTCHN_PENDING_SEL.at(abi) + i, 0xff);
        }
        memory.put8(info + VcpuInfo.EVTCHN_UPCALL_PENDING, 1);
        target.wake(vcpu);
    }
}
