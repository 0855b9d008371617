package xenolith.machine.mmu;

import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.HostMemory;

/**
 * Accesses of translated code that does nothing by itself: one short call each. What cannot be done
 * here (faults, stores into code, captured ones, operands in two pages) ends in a {@link
 * GuestFault} that says nothing but that the instruction is to be run by the interpreter.
 *
 * <p>The MMU comes last, as the linear address is computed first.
 */
public final class DirectAccess {
    private DirectAccess() {}

    /** The zero-extended byte at {@code va}. */
    public static long load8(long va, Mmu mmu) {
        return HostMemory.get8(readable(va, 1, mmu));
    }

    /** The zero-extended 2 bytes at {@code va}. */
    public static long load16(long va, Mmu mmu) {
        return HostMemory.get16(readable(va, 2, mmu));
    }

    /** The zero-extended 4 bytes at {@code va}. */
    public static long load32(long va, Mmu mmu) {
        return HostMemory.get32(readable(va, 4, mmu));
    }

    /** The 8 bytes at {@code va}. */
    public static long load64(long va, Mmu mmu) {
        return HostMemory.get64(readable(va, 8, mmu));
    }

    /** Stores the low byte of {@code value} at {@code va}. */
    public static void store8(long va, long value, Mmu mmu) {
        HostMemory.put8(writable(va, 1, mmu), value);
    }

    /** Stores the low 2 bytes of {@code value} at {@code va}. */
    public static void store16(long va, long value, Mmu mmu) {
        HostMemory.put16(writable(va, 2, mmu), value);
    }

    /** Stores the low 4 bytes of {@code value} at {@code va}. */
    public static void store32(long va, long value, Mmu mmu) {
        HostMemory.put32(writable(va, 4, mmu), value);
    }

    /** Stores {@code value} at {@code va}. */
    public static void store64(long va, long value, Mmu mmu) {
        HostMemory.put64(writable(va, 8, mmu), value);
    }

    /** Host address of {@code size} readable bytes at {@code va}. */
    public static long loadable(long va, int size, Mmu mmu) {
        return readable(va, size, mmu);
    }

    /** Host address of {@code size} bytes at {@code va} that may be stored to. */
    public static long storable(long va, int size, Mmu mmu) {
        return writable(va, size, mmu);
    }

    // HotSpot is told to compile the methods above each for itself, and these into them.

    private static long readable(long va, int size, Mmu mmu) {
        long host = mmu.loadAddress(va, size);
        if (host == 0) {
            throw mmu.refused();
        }
        return host;
    }

    private static long writable(long va, int size, Mmu mmu) {
        long host = mmu.storeAddress(va, size);
        if (host == 0) {
            throw mmu.refused();
        }
        return host;
    }
}
