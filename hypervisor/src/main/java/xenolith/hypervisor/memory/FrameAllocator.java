package xenolith.hypervisor.memory;

import java.util.SplittableRandom;

/** The free frames of the machine, handed out in an order that a seed decides. */
final class FrameAllocator {
    private static final int NOT_FREE = -1;

    private final int[] free;
    private final int[] position;
    private int size;
    private final SplittableRandom random;

    /** All frames from {@code first} to {@code end} less one are free. */
    FrameAllocator(int first, int end, long seed) {
        random = new SplittableRandom(seed);
        free = new int[end - first];
        position = new int[end];
        java.util.Arrays.fill(position, NOT_FREE);
        for (int mfn = first; mfn < end; mfn++) {
            give(mfn);
        }
    }

    int size() {
        return size;
    }

    boolean isFree(int mfn) {
        return position[mfn] != NOT_FREE;
    }

    /** Puts {@code mfn} at a random place among the free frames. */
    void give(int mfn) {
        if (position[mfn] != NOT_FREE) {
            throw new IllegalStateException("frame " + mfn + " is free already");
        }
        int at = random.nextInt(size + 1);
        if (at < size) {
            place(free[at], size);
        }
        place(mfn, at);
        size++;
    }

    private void place(int mfn, int at) {
        free[at] = mfn;
        position[mfn] = at;
    }

    /** A free frame other than {@code except}, or -1. */
    long take(long except) {
        if (size == 0) {
            return -1;
        }
        int mfn = free[size - 1];
        if (mfn == except) {
            if (size == 1) {
                return -1;
            }
            mfn = free[size - 2];
        }
        remove(mfn);
        return mfn;
    }

    private void remove(int mfn) {
        int at = position[mfn];
        size--;
        if (at != size) {
            place(free[size], at);
        }
        position[mfn] = NOT_FREE;
    }

    /**
     * The first of 2^{@code order} free frames in a row, aligned to their number, none of which has
     * the number {@code pfn} plus its index; or -1. All are below {@code end}.
     */
    long takeBlock(int order, long pfn, int end) {
        if (order == 0 && end == position.length) {
            return take(pfn);
        }
        int length = 1 << order;
        int blocks = end >>> order;
        if (size < length || blocks == 0) {
            return -1;
        }
        int start = random.nextInt(blocks);
        for (int i = 0; i < blocks; i++) {
            int first = (start + i) % blocks << order;
            if (first != pfn && allFree(first, length)) {
                for (int mfn = first; mfn < first + length; mfn++) {
                    remove(mfn);
                }
                return first;
            }
        }
        return -1;
    }

    private boolean allFree(int first, int length) {
        for (int mfn = first; mfn < first + length; mfn++) {
            if (position[mfn] == NOT_FREE) {
                return false;
            }
        }
        return true;
    }
}
