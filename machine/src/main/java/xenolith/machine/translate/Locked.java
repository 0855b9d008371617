package xenolith.machine.translate;

import xenolith.machine.memory.HostMemory;

/**
 * Read-modify-writes of memory that no other processor can come between. Operands lie at host
 * address {@code host}, a multiple of their {@code size} in bytes; all answer what was there,
 * zero-extended.
 */
final class Locked {
    private Locked() {}

    static long or(long host, int size, long operand) {
        long old = read(host, size);
        while (true) {
            long found = HostMemory.compareAndSwap(host, size, old, old | operand);
            if (found == old) {
                return old;
            }
            old = found;
        }
    }

    static long and(long host, int size, long operand) {
        long old = read(host, size);
        while (true) {
            long found = HostMemory.compareAndSwap(host, size, old, old & operand);
            if (found == old) {
                return old;
            }
            old = found;
        }
    }

    static long xor(long host, int size, long operand) {
        long old = read(host, size);
        while (true) {
            long found = HostMemory.compareAndSwap(host, size, old, old ^ operand);
            if (found == old) {
                return old;
            }
            old = found;
        }
    }

    static long add(long host, int size, long operand) {
        return HostMemory.getAndAdd(host, size, operand);
    }

    static long subtract(long host, int size, long operand) {
        return HostMemory.getAndAdd(host, size, -operand);
    }

    private static long read(long host, int size) {
        return switch (size) {
            case 1 -> HostMemory.get8(host);
            case 2 -> HostMemory.get16(host);
            case 4 -> HostMemory.get32(host);
            default -> HostMemory.get64(host);
        };
    }
}
