package xenolith.machine.mmu;

import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.memory.MachineMemory;

/**
 * The accesses of one processor to memory, by linear addresses.
 *
 * <p>Reads and writes take linear addresses, values are little-endian and narrow reads are
 * zero-extended. An access that the page tables forbid throws the processor's {@code GuestFault}
 * (#PF, or #GP for a non-canonical address, #SS in the stack forms) and has then stored nothing.
 */
public final class Mmu extends Translations {
    private static final long PAGE = Pte.PAGE_MASK;

    private boolean capturing;

    private long capturePage;
    private Capture captured = Capture.NONE;

    /**
     * What a captured instruction stored: see {@link #capture}.
     *
     * @param compared whether only in place of {@code oldValue}: a LOCK-prefixed instruction
     */
    public record Capture(
            int stores, long vaddr, int size, long oldValue, long value, boolean compared) {
        static final Capture NONE = new Capture(0, 0, 0, 0, 0, false);
    }

    /** An MMU on {@code memory} that raises faults by throwing {@code fault}. */
    public Mmu(MachineMemory memory, GuestFault fault) {
        super(memory, fault);
    }

    // ---- reads -------------------------------------------------------------------------------

    public long read8(long va) {
        int i = slot(va);
        return entries[i] == (va & PAGE)
                ? HostMemory.get8(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 1, Vector.GP);
    }

    public long read16(long va) {
        int i = slot(va);
        return entries[i] == (va + 1 & PAGE)
                ? HostMemory.get16(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 2, Vector.GP);
    }

    public long read32(long va) {
        int i = slot(va);
        return entries[i] == (va + 3 & PAGE)
                ? HostMemory.get32(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 4, Vector.GP);
    }

    public long read64(long va) {
        int i = slot(va);
        return entries[i] == (va + 7 & PAGE)
                ? HostMemory.get64(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 8, Vector.GP);
    }

    /** Reads 16 bytes to {@code to[at]} (low half) and {@code to[at + 1]}. */
    public void read128(long va, long[] to, int at) {
        int i = slot(va);
        if (entries[i] == (va + 15 & PAGE)) {
            long host = va + entries[i + Tlb.ADDEND];
            to[at] = HostMemory.get64(host);
            to[at + 1] = HostMemory.get64(host + 8);
        } else {
            long low = slowRead(va, 8, Vector.GP);
            to[at + 1] = slowRead(va + 8, 8, Vector.GP);
            to[at] = low;
        }
    }

    /** Reads {@code size} (1, 2, 4, 8) bytes. */
    public long read(long va, int size) {
        return switch (size) {
            case 1 -> read8(va);
            case 2 -> read16(va);
            case 4 -> read32(va);
            default -> read64(va);
        };
    }

    /** As {@link #read64}, for a stack access: #SS where {@link #read64} gives #GP. */
    public long readStack64(long va) {
        int i = slot(va);
        return entries[i] == (va + 7 & PAGE)
                ? HostMemory.get64(va + entries[i + Tlb.ADDEND])
                : slowRead(va, 8, Vector.SS);
    }

    /** As {@link #read}, for a stack access. */
    public long readStack(long va, int size) {
        int i = slot(va);
        return entries[i] == (va + size - 1 & PAGE)
                ? hostRead(va + entries[i + Tlb.ADDEND], size)
                : slowRead(va, size, Vector.SS);
    }

    private static void hostWrite(long host, int size, long value) {
        switch (size) {
            case 1 -> HostMemory.put8(host, value);
            case 2 -> HostMemory.put16(host, value);
            case 4 -> HostMemory.put32(host, value);
            default -> HostMemory.put64(host, value);
        }
    }

    private long slowRead(long va, int size, int nonCanonicalVector) {
        long last = va + size - 1;
        if ((va & PAGE) == (last & PAGE)) {
            long maddr = readable(va, nonCanonicalVector);
            touch(va, size, false);
            return hostRead(memory.host(maddr), size);
        }
        long low = readable(va, nonCanonicalVector);
        long high = readable(last & PAGE, nonCanonicalVector);
        touch(va, size, false);
        long value = 0;
        int inLow = (int) (Pte.PAGE_SIZE - (va & ~PAGE));
        for (int i = 0; i < size; i++) {
            long maddr = i < inLow ? low + i : high + i - inLow;
            value |= memory.get8(maddr) << 8 * i;
        }
        return value;
    }

    /** Translates for a read and fills the read TLB. */
    private long readable(long va, int nonCanonicalVector) {
        int i = slot(va);
        long page = va & PAGE;
        if (tlb.entries[i] == page) {
            return tlb.entries[i + Tlb.ADDEND] + va - memory.host(0);
        }
        long maddr = translate(va, Access.READ, nonCanonicalVector);
        fillForRead(va);
        return maddr;
    }

    // ---- writes ------------------------------------------------------------------------------

    public void write8(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va & PAGE)) {
            HostMemory.put8(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 1, value, Vector.GP);
        }
    }

    public void write16(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 1 & PAGE)) {
            HostMemory.put16(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 2, value, Vector.GP);
        }
    }

    public void write32(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 3 & PAGE)) {
            HostMemory.put32(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 4, value, Vector.GP);
        }
    }

    public void write64(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 7 & PAGE)) {
            HostMemory.put64(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 8, value, Vector.GP);
        }
    }

    /** Writes 16 bytes, all or (if it faults) none. */
    public void write128(long va, long low, long high) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 15 & PAGE)) {
            long host = va + entries[i + Tlb.ADDEND];
            HostMemory.put64(host, low);
            HostMemory.put64(host + 8, high);
        } else {
            checkWrite(va, 16);
            write64(va, low);
            write64(va + 8, high);
        }
    }

    /** Writes the low {@code size} (1, 2, 4, 8) bytes of {@code value}. */
    public void write(long va, int size, long value) {
        switch (size) {
            case 1 -> write8(va, value);
            case 2 -> write16(va, value);
            case 4 -> write32(va, value);
            default -> write64(va, value);
        }
    }

    /** As {@link #write64}, for a stack access: #SS where {@link #write64} gives #GP. */
    public void writeStack64(long va, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + 7 & PAGE)) {
            HostMemory.put64(va + entries[i + Tlb.ADDEND], value);
        } else {
            slowWrite(va, 8, value, Vector.SS);
        }
    }

    /** As {@link #write}, for a stack access. */
    public void writeStack(long va, int size, long value) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + size - 1 & PAGE)) {
            hostWrite(va + entries[i + Tlb.ADDEND], size, value);
        } else {
            slowWrite(va, size, value, Vector.SS);
        }
    }

    private void slowWrite(long va, int size, long value, int nonCanonicalVector) {
        if (capturing && (va & PAGE) == capturePage) {
            capture(va, size, value, false);
            return;
        }
        long last = va + size - 1;
        if ((va & PAGE) == (last & PAGE)) {
            long maddr = writable(va, nonCanonicalVector);
            touch(va, size, true);
            hostWrite(memory.host(maddr), size, value);
            memory.codeStored(maddr, size);
            return;
        }
        long low = writable(va, nonCanonicalVector);
        long high = writable(last & PAGE, nonCanonicalVector);
        touch(va, size, true);
        int inLow = (int) (Pte.PAGE_SIZE - (va & ~PAGE));
        for (int i = 0; i < size; i++) {
            memory.put8(i < inLow ? low + i : high + i - inLow, value >>> 8 * i);
        }
    }

    /** Translates for a write and fills the TLBs, the write TLB only where no code is. */
    private long writable(long va, int nonCanonicalVector) {
        int i = slot(va);
        long page = va & PAGE;
        if (tlb.entries[i + Tlb.WRITE] == page) {
            return tlb.entries[i + Tlb.ADDEND] + va - memory.host(0);
        }
        long maddr = translate(va, Access.WRITE, nonCanonicalVector);
        fillForWrite(va);
        return maddr;
    }

    // ---- read-modify-write -------------------------------------------------------------------

    /**
     * Reads {@code size} (1, 2, 4, 8) bytes that are going to be written: faults as a write does.
     */
    public long readForWrite(long va, int size) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va + size - 1 & PAGE)) {
            return hostRead(va + entries[i + Tlb.ADDEND], size);
        }
        if (capturing && (va & PAGE) == capturePage) {
            return read(va, size);
        }
        checkWrite(va, size);
        return read(va, size);
    }

    /** Throws the fault that writing {@code length} (1 to 4096) bytes at {@code va} would raise. */
    public void checkWrite(long va, int length) {
        checkWrite(va, length, Vector.GP);
    }

    /** As {@link #checkWrite(long, int)}, with the vector for a non-canonical address. */
    public void checkWrite(long va, int length, int nonCanonicalVector) {
        if (capturing && (va & PAGE) == capturePage) {
            return;
        }
        writable(va, nonCanonicalVector);
        long last = va + length - 1;
        if ((va & PAGE) != (last & PAGE)) {
            writable(last & PAGE, nonCanonicalVector);
        }
    }

    /** Throws the fault that reading {@code length} (1 to 4096) bytes at {@code va} would raise. */
    public void checkRead(long va, int length) {
        readable(va, Vector.GP);
        long last = va + length - 1;
        if ((va & PAGE) != (last & PAGE)) {
            readable(last & PAGE, Vector.GP);
        }
    }

    /**
     * The store of a LOCK-prefixed instruction: writes {@code value} if memory still holds {@code
     * expected}, atomically, and returns what was found (zero-extended, as {@code expected} must
     * be). Accesses that cross an 8-byte border are not atomic towards other processors.
     */
    public long compareAndSwap(long va, int size, long expected, long value) {
        if (capturing && (va & PAGE) == capturePage) {
            long found = read(va, size);
            if (found == expected) {
                capture(va, size, value, true);
            }
            return found;
        }
        if ((va & 7) + size > 8) {
            long found = readForWrite(va, size);
            if (found == expected) {
                write(va, size, value);
            }
            return found;
        }
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va & PAGE)) {
            return HostMemory.compareAndSwap(va + entries[i + Tlb.ADDEND], size, expected, value);
        }
        long maddr = writable(va, Vector.GP);
        touch(va, size, true);
        return memory.compareAndSwap(maddr, size, expected, value);
    }

    // ---- blocks of memory --------------------------------------------------------------------

    /**
     * Host address of {@code length} readable bytes at {@code va} within one page, for bulk
     * operations; faults as a read does. The caller keeps within the page.
     */
    public long hostForRead(long va) {
        int i = slot(va);
        if (entries[i] == (va & PAGE)) {
            return va + entries[i + Tlb.ADDEND];
        }
        return memory.host(readable(va, Vector.GP));
    }

    /**
     * Host address for bulk stores at {@code va} within one page, or -1 if stores there must go one
     * by one (captured); faults as a write does. Behind the stores goes {@link #blockWritten}.
     */
    public long hostForWrite(long va) {
        int i = slot(va);
        if (entries[i + Tlb.WRITE] == (va & PAGE)) {
            return va + entries[i + Tlb.ADDEND];
        }
        if (capturing && (va & PAGE) == capturePage) {
            return -1;
        }
        return memory.host(writable(va, Vector.GP));
    }

    /**
     * Says that {@code length} bytes from {@code va}, within one page, were stored to by the host
     * address that {@link #hostForWrite} gave.
     */
    public void blockWritten(long va, int length) {
        if (entries[slot(va) + Tlb.WRITE] != (va & PAGE)) {
            // The page holds code, else it would be in the TLB now.
            memory.codeStored(writable(va, Vector.GP), length);
        }
    }

    // ---- for translated code -----------------------------------------------------------------

    /**
     * Host address of {@code size} readable bytes at {@code va}, or 0 if the access faults or
     * crosses a page. Throws nothing.
     */
    public long loadAddress(long va, int size) {
        long page = va + size - 1 & PAGE;
        int i = slot(va);
        return entries[i] == page ? va + entries[i + Tlb.ADDEND] : loadMiss(va, page);
    }

    /**
     * Host address of {@code size} bytes at {@code va} to store to, or 0 if the store faults,
     * crosses a page, is to be captured, or would change decoded code. Throws nothing.
     */
    public long storeAddress(long va, int size) {
        long page = va + size - 1 & PAGE;
        int i = slot(va);
        return entries[i + Tlb.WRITE] == page
                ? va + entries[i + Tlb.ADDEND]
                : storeMiss(va, page, size);
    }

    private long loadMiss(long va, long page) {
        if ((va & PAGE) != page || !Pte.canonical(va) || watches(va)) {
            return 0;
        }
        if (walk.walk(tlb.root, va, Access.READ, tlb.user) != 0) {
            return 0;
        }
        fillForRead(va);
        return memory.host(walk.maddr);
    }

    /** What code throws that only wants an instruction to be run otherwise; says nothing. */
    public GuestFault refused() {
        return fault;
    }

    private long storeMiss(long va, long page, int size) {
        boolean captures = capturing && page == capturePage;
        if ((va & PAGE) != page || !Pte.canonical(va) || captures || watches(va)) {
            return 0;
        }
        if (walk.walk(tlb.root, va, Access.WRITE, tlb.user) != 0) {
            return 0;
        }
        long maddr = walk.maddr;
        fillForWrite(va);
        boolean code = memory.holdsCode(maddr >>> Pte.PAGE_SHIFT);
        return code && memory.overlapsCode(maddr, size) ? 0 : memory.host(maddr);
    }

    // ---- captured stores ---------------------------------------------------------------------

    /** From now on stores to the page of {@code va} that would fault are captured. */
    public void startCapture(long va) {
        capturing = true;
        capturePage = va & PAGE;
        captured = Capture.NONE;
        dropWritesOfPage(va);
    }

    private void dropWritesOfPage(long va) {
        int i = slot(va);
        if (tlb.entries[i + Tlb.WRITE] == (va & PAGE)) {
            tlb.entries[i + Tlb.WRITE] = Tlb.EMPTY;
        }
    }

    /** Ends capturing and returns what was captured. */
    public Capture endCapture() {
        capturing = false;
        return captured;
    }

    private void capture(long va, int size, long value, boolean compared) {
        if ((va + size - 1 & PAGE) != capturePage) {
            captured = new Capture(captured.stores + 2, va, size, 0, value, compared);
            return;
        }
        int stores = captured.stores + 1;
        captured = new Capture(stores, va, size, read(va, size), value, compared);
    }
}
