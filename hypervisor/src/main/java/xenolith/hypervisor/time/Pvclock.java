package xenolith.hypervisor.time;

import xenolith.abi.struct.Abi;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.VcpuTimeInfo;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.memory.MachineMemory;

/**
 * The paravirtual clock (public/xen.h, struct vcpu_time_info). The processor's counter runs at
 * exactly 1 GHz and reads system time, so that scale and shift are constants.
 */
public final class Pvclock {
    /** Half a nanosecond a (shifted) tick, as a fraction of 2^32: with {@link #SHIFT}, 1 GHz. */
    public static final int MUL = 0x8000_0000;

    public static final int SHIFT = 1;

    private Pvclock() {}

    /** Writes the time info at {@code maddr} for system time {@code now}, which RDTSC reads too. */
    public static void write(MachineMemory memory, long maddr, long now) {
        long version = memory.get32(maddr + VcpuTimeInfo.VERSION) | 1;
        memory.put32(maddr + VcpuTimeInfo.VERSION, version);
        HostMemory.fence();
        memory.put64(maddr + VcpuTimeInfo.TSC_TIMESTAMP, now);
        memory.put64(maddr + VcpuTimeInfo.SYSTEM_TIME, now);
        memory.put32(maddr + VcpuTimeInfo.TSC_TO_SYSTEM_MUL, MUL);
        memory.put8(maddr + VcpuTimeInfo.TSC_SHIFT, SHIFT);
        memory.put8(maddr + VcpuTimeInfo.FLAGS, VcpuTimeInfo.TSC_STABLE);
        HostMemory.fence();
        memory.put32(maddr + VcpuTimeInfo.VERSION, version + 1);
    }

    /**
     * System time as a guest computes it from the time info at {@code maddr} and the counter's
     * value {@code tsc}.
     */
    public static long read(MachineMemory memory, long maddr, long tsc) {
        long delta = tsc - memory.get64(maddr + VcpuTimeInfo.TSC_TIMESTAMP);
        int shift = (byte) memory.get8(maddr + VcpuTimeInfo.TSC_SHIFT);
        delta = shift < 0 ? delta >>> -shift : delta << shift;
        long mul = memory.get32(maddr + VcpuTimeInfo.TSC_TO_SYSTEM_MUL);
        long high = Math.unsignedMultiplyHigh(delta, mul);
        long scaled = high << 32 | delta * mul >>> 32;
        return memory.get64(maddr + VcpuTimeInfo.SYSTEM_TIME) + scaled;
    }

    /** Writes the wall clock into the shared_info page at {@code maddr}. */
    public static void writeWallClock(
            MachineMemory memory, long maddr, Abi abi, Clock.WallClock boot) {
        long at = maddr + SharedInfo.WC_VERSION.at(abi);
        long version = memory.get32(at) | 1;
        memory.put32(at, version);
        HostMemory.fence();
        memory.put32(maddr + SharedInfo.WC_SEC.at(abi), boot.seconds());
        memory.put32(maddr + SharedInfo.WC_NSEC.at(abi), boot.nanoseconds());
        memory.put32(maddr + SharedInfo.secondsHigh(abi), boot.seconds() >>> 32);
        HostMemory.fence();
        memory.put32(at, version + 1);
    }
}
