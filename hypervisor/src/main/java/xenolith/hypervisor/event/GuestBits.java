package xenolith.hypervisor.event;

import xenolith.abi.struct.VcpuInfo;
import xenolith.machine.memory.MachineMemory;

/** Locked changes of bits in the guest's pages, and the upcall. */
final class GuestBits {
    private final MachineMemory memory;
    private final EventTarget target;

    GuestBits(MachineMemory memory, EventTarget target) {
        this.memory = memory;
        this.target = target;
    }

    /** Sets bit {@code bit} of the array at {@code maddr}, 4-byte aligned; whether it was set. */
    boolean testAndSet(long maddr, int bit) {
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

    /** Clears a bit; whether it was set. */
    boolean testAndClear(long maddr, int bit) {
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

    boolean test(long maddr, int bit) {
        return (memory.get32(maddr + (bit >>> 5) * 4L) >>> (bit & 31) & 1) != 0;
    }

    /** The upcall of {@code vcpu} is pending: wakes it if that is new. */
    void markPending(int vcpu) {
        long at = target.vcpuInfo(vcpu) + VcpuInfo.EVTCHN_UPCALL_PENDING;
        if (memory.compareAndSwap(at, 1, 0, 1) == 0) {
            target.wake(vcpu);
        }
    }

    /** After the vcpu_info of {@code vcpu} moved: tells it of all that may have come before. */
    void raiseAll(int vcpu) {
        long info = target.vcpuInfo(vcpu);
        for (int i = 0; i < target.abi().word(); i++) {
            memory.put8(info + VcpuInfo.EVTCHN_PENDING_SEL.at(target.abi()) + i, 0xff);
        }
        memory.put8(info + VcpuInfo.EVTCHN_UPCALL_PENDING, 1);
        target.wake(vcpu);
    }
}
