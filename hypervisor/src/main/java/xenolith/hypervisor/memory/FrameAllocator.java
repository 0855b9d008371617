package xenolith.hypervisor.memory;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * The free frames of the machine, handed out in an order that a seed decides; but those that were
 * given back lately come behind three quarters of the others, so that there is time to clear them.
 */
final class FrameAllocator {
    private static final int NOT_FREE = -1;

    /** A ring that begins at {@link #head}. */
    private final int[] free;

    private final int[] position;
    private int head;
    private int size;
    private final SplittableRandom random;

    /** All frames from {@code first} to {@code end} less one are free. */
    FrameAllocator(int first, int end, long seed) {
        random = new SplittableRandom(seed);
        free = new int[end - first];
        position = new int[end];
        Arrays.fill(position, NOT_FREE);
        for (int mfn = first; mfn < end; mfn++) {
            insert(mfn, random.nextInt(size + 1));
        }
    }

    int size() {
        return size;
    }

    boolean isFree(int mfn) {
        return position[mfn] != NOT_FREE;
    }

    /** Puts {@code mfn} at a random place among those that were given back last. */
    void give(int mfn) {
        if (position[mfn] != NOT_FREE) {
            throw new IllegalStateException("frame " + mfn + " is free already");
        }
        insert(mfn, random.nextInt(size / 4 + 1));
    }

    /** Puts {@code mfn} where {@code fromEnd} others are behind it; one of them goes to the end. */
    private void insert(int mfn, int fromEnd) {
        if (fromEnd > 0) {
            place(free[slot(size - fromEnd)], slot(size));
        }
        place(mfn, slot(size - fromEnd));
        size++;
    }

    /** Where in the ring the one with {@code index} others before it is. */
    private int slot(int index) {
        int at = head + index;
        return at < free.length ? at : at - free.length;
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
        int mfn = free[head];
        if (mfn == except) {
            if (size == 1) {
                return -1;
            }
            mfn = free[slot(1)];
        }
        remove(mfn);
        return mfn;
    }

    private void remove(int mfn) {
        int at = position[mfn];
        if (at != head) {
            place(free[head], at);
        }
        head = slot(1);
        size--;
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
