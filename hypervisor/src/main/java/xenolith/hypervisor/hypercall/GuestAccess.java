package xenolith.hypervisor.hypercall;

import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Hole;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.mmu.Mmu;

/**
 * The one guard through which hypercalls reach the guest's memory: by virtual address, with the
 * rights of the guest's kernel, never in the hypervisor's own area. What cannot be reached throws
 * {@link GuestAccessException}, and the call answers -EFAULT; bytes before it may have been copied.
 */
public final class GuestAccess {
    private static final long XEN_START = 0xffff_8000_0000_0000L;
    private static final long XEN_END = 0xffff_8800_0000_0000L;
    private static final long LOW_END = 0x0000_8000_0000_0000L;

    private GuestAccess() {}

    /** Throws unless {@code length} bytes at {@code va} are all the guest's, mapped or not. */
    public static void check(Vcpu v, long va, long length) {
        if (!allowed(v, va, length)) {
            throw refused(v, va, length, "not all the guest's");
        }
    }

    private static GuestAccessException refused(Vcpu v, long va, long length, String why) {
        v.domain.refuse(
                "guest pointer 0x" + Long.toHexString(va) + ", " + length + " bytes: " + why);
        return GuestAccessException.INSTANCE;
    }

    private static GuestAccessException fault(Vcpu v, GuestFault f, long va, long length) {
        boolean present = (f.errorCode & 1) != 0;
        return refused(
                v, va, length, present ? "the page is read-only" : "nothing is mapped there");
    }

    /** Whether {@code length} bytes at {@code va} are all the guest's, mapped or not. */
    public static boolean allowed(Vcpu v, long va, long length) {
        return allowed(v.domain.abi(), va, length);
    }

    /** As the other one, for guests of {@code abi}. */
    static boolean allowed(Abi abi, long va, long length) {
        if (length < 0) {
            return false;
        }
        long end = va + length;
        if (abi == Abi.BITS32) {
            return va >= 0 && va < Hole.START && end <= Hole.START;
        }
        if (Long.compareUnsigned(va, LOW_END) < 0) {
            return Long.compareUnsigned(end, LOW_END) <= 0 && end >= va;
        }
        // The upper half behind Xen's area, up to the last byte.
        boolean wraps = Long.compareUnsigned(end, va) < 0 && end != 0;
        return Long.compareUnsigned(va, XEN_END) >= 0 && !wraps;
    }

    /** Whether {@code va} is in the hypervisor's area. */
    public static boolean inXen(long va) {
        return va >= XEN_START && va < XEN_END;
    }

    public static long get8(Vcpu v, long va) {
        return get(v, va, 1);
    }

    public static long get16(Vcpu v, long va) {
        return get(v, va, 2);
    }

    public static long get32(Vcpu v, long va) {
        return get(v, va, 4);
    }

    public static long get64(Vcpu v, long va) {
        return get(v, va, 8);
    }

    private static long get(Vcpu v, long va, int size) {
        check(v, va, size);
        try {
            return v.cpu.mmu.read(va, size);
        } catch (GuestFault f) {
            throw fault(v, f, va, size);
        }
    }

    /** Field {@code f}, zero-extended, of the structure at {@code base}. */
    public static long get(Vcpu v, long base, Field f) {
        return get(v, base, f, 0);
    }

    /** Element {@code i} of the array {@code f} of the structure at {@code base}. */
    public static long get(Vcpu v, long base, Field f, int i) {
        Abi abi = v.domain.abi();
        return get(v, base + f.at(abi, i), f.size(abi));
    }

    /** Element {@code i} of a list of words at {@code list}: frame numbers, pointers. */
    public static long word(Vcpu v, long list, long i) {
        int size = v.domain.abi().word();
        return get(v, list + size * i, size);
    }

    /** Sets element {@code i} of a list of words at {@code list}. */
    public static void putWord(Vcpu v, long list, long i, long value) {
        int size = v.domain.abi().word();
        put(v, list + size * i, size, value);
    }

    /** Sets field {@code f} of the structure at {@code base}. */
    public static void put(Vcpu v, long base, Field f, long value) {
        put(v, base, f, 0, value);
    }

    /** Sets element {@code i} of the array {@code f} of the structure at {@code base}. */
    public static void put(Vcpu v, long base, Field f, int i, long value) {
        Abi abi = v.domain.abi();
        put(v, base + f.at(abi, i), f.size(abi), value);
    }

    /** Bytes of the structure that ends with {@code end}. */
    public static int size(Vcpu v, Field end) {
        return end.at(v.domain.abi());
    }

    public static void put8(Vcpu v, long va, long value) {
        put(v, va, 1, value);
    }

    public static void put16(Vcpu v, long va, long value) {
        put(v, va, 2, value);
    }

    public static void put32(Vcpu v, long va, long value) {
        put(v, va, 4, value);
    }

    public static void put64(Vcpu v, long va, long value) {
        put(v, va, 8, value);
    }

    private static void put(Vcpu v, long va, int size, long value) {
        check(v, va, size);
        try {
            v.cpu.mmu.write(va, size, value);
        } catch (GuestFault f) {
            throw fault(v, f, va, size);
        }
    }

    /** Copies {@code length} bytes at {@code va} to {@code dst[at]}. */
    public static void read(Vcpu v, long va, byte[] dst, int at, int length) {
        check(v, va, length);
        Mmu mmu = v.cpu.mmu;
        MachineMemory memory = v.cpu.memory;
        long host0 = memory.host(0);
        try {
            for (int i = 0; i < length; ) {
                int n = inPage(va + i, length - i);
                memory.read(mmu.hostForRead(va + i) - host0, dst, at + i, n);
                i += n;
            }
        } catch (GuestFault f) {
            throw fault(v, f, va, length);
        }
    }

    /** Copies {@code length} bytes at {@code src[at]} to {@code va}. */
    public static void write(Vcpu v, long va, byte[] src, int at, int length) {
        check(v, va, length);
        Mmu mmu = v.cpu.mmu;
        MachineMemory memory = v.cpu.memory;
        try {
            for (int i = 0; i < length; ) {
                int n = inPage(va + i, length - i);
                // The probe sets the dirty bit and throws what a store would.
                mmu.checkWrite(va + i, 1);
                long maddr = mmu.hostForRead(va + i) - memory.host(0);
                memory.write(maddr, src, at + i, n);
                i += n;
            }
        } catch (GuestFault f) {
            throw fault(v, f, va, length);
        }
    }

    /**
     * Throws unless {@code length} bytes at {@code va} can be read: Xen copies whole structures.
     */
    static void readable(Vcpu v, long va, int length) {
        check(v, va, length);
        try {
            for (int i = 0; i < length; i += inPage(va + i, length - i)) {
                v.cpu.mmu.read(va + i, 1);
            }
        } catch (GuestFault f) {
            throw fault(v, f, va, length);
        }
    }

    /** {@code length} bytes at {@code va}. */
    public static byte[] bytes(Vcpu v, long va, int length) {
        byte[] result = new byte[length];
        read(v, va, result, 0, length);
        return result;
    }

    private static int inPage(long va, int length) {
        return (int) Math.min(length, Pte.PAGE_SIZE - (va & Pte.PAGE_SIZE - 1));
    }
}
