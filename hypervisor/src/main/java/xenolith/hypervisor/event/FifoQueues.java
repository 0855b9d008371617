package xenolith.hypervisor.event;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.machine.memory.MachineMemory;

/**
 * The FIFO ABI (public/event_channel.h): a word an event, {PENDING, MASKED, LINKED, BUSY, LINK}, in
 * pages that the guest gives; a vCPU has 16 queues, whose heads and ready bits are in its control
 * block. The words of a queue name each other; its tail is the hypervisor's to know.
 */
final class FifoQueues implements EventAbi {
    private static final int WORDS_A_PAGE = MachineMemory.FRAME_SIZE / 4;
    private static final int MAX_PAGES = Evtchn.FIFO_CHANNELS / WORDS_A_PAGE;
    private static final int PENDING = 1 << 31;
    private static final int MASKED = 1 << 30;
    private static final int LINKED = 1 << 29;
    private static final int BUSY = 1 << 28;
    private static final int LINK_MASK = Evtchn.FIFO_CHANNELS - 1;

    /** Times that a word is tried: the guest may change it in four ways only while it is linked. */
    private static final int TRIES = 4;

    private final MachineMemory memory;
    private final EventTarget target;
    private final GuestBits bits;

    /** Machine address of each vCPU's control block, or -1. */
    private final long[] controlBlocks;

    /** Port at the end of each queue, or 0: {@code [vcpu][priority]}. */
    private final int[][] tails;

    /** Machine addresses of the pages of words. */
    private final List<Long> array = new ArrayList<>();

    FifoQueues(MachineMemory memory, GuestBits bits, EventTarget target) {
        this.memory = memory;
        this.bits = bits;
        this.target = target;
        this.controlBlocks = new long[target.vcpuCount()];
        java.util.Arrays.fill(controlBlocks, -1);
        this.tails = new int[target.vcpuCount()][Evtchn.FIFO_QUEUES];
    }

    // ---- pages -------------------------------------------------------------------------------

    /** Places the control block of {@code vcpu} in frame {@code mfn}; 0 or -errno. */
    int mapControlBlock(int vcpu, long mfn, int offset) {
        if (controlBlocks[vcpu] >= 0) {
            target.refuse("vCPU " + vcpu + " has a control block");
            return -Errno.EINVAL;
        }
        if (!target.holdPage(mfn)) {
            return -Errno.EINVAL;
        }
        controlBlocks[vcpu] = (mfn << MachineMemory.FRAME_SHIFT) + offset;
        return 0;
    }

    /**
     * Takes frame {@code mfn} for the words of the next ports; 0 or -errno.
     *
     * @param channels finds a port, null from the first on that there is not
     */
    int expand(long mfn, IntFunction<@Nullable Channel> channels) {
        if (array.size() >= MAX_PAGES) {
            target.refuse("all " + Evtchn.FIFO_CHANNELS + " ports have a word");
            return -Errno.ENOSPC;
        }
        if (!target.holdPage(mfn)) {
            return -Errno.EINVAL;
        }
        int first = array.size() * WORDS_A_PAGE;
        array.add(mfn << MachineMemory.FRAME_SHIFT);
        for (int port = first; port < first + WORDS_A_PAGE; port++) {
            Channel c = channels.apply(port);
            if (c == null) {
                break;
            }
            if (c.pendingWithoutWord) {
                raise(c);
            }
        }
        return 0;
    }

    /** Frames that are held for the guest's words and control blocks. */
    List<Long> pages() {
        List<Long> held = new ArrayList<>();
        for (long block : controlBlocks) {
            if (block >= 0) {
                held.add(block >>> MachineMemory.FRAME_SHIFT);
            }
        }
        array.forEach(page -> held.add(page >>> MachineMemory.FRAME_SHIFT));
        return held;
    }

    /** Gives all pages back. */
    void release() {
        pages().forEach(target::dropPage);
        java.util.Arrays.fill(controlBlocks, -1);
        array.clear();
    }

    /** Machine address of the word of {@code port}, or -1 while there is none. */
    private long word(int port) {
        int page = port / WORDS_A_PAGE;
        return page < array.size() ? array.get(page) + port % WORDS_A_PAGE * 4L : -1;
    }

    // ---- words -------------------------------------------------------------------------------

    private boolean has(long word, int bit) {
        return (memory.get32(word) & (bit & 0xffff_ffffL)) != 0;
    }

    /** Sets {@code set} and clears {@code clear}; returns what was there before. */
    private int change(long word, int set, int clear) {
        while (true) {
            long seen = memory.get32(word);
            long next = (seen | set & 0xffff_ffffL) & ~(clear & 0xffff_ffffL);
            if (memory.compareAndSwap(word, 4, seen, next) == seen) {
                return (int) seen;
            }
        }
    }

    /**
     * Makes the word of a tail name {@code port}, if it is still linked: a guest may unlink it at
     * any time, so the word is marked busy, which keeps it from being unmasked, after one failure.
     */
    private boolean link(long word, int port) {
        for (int i = 0; i <= TRIES; i++) {
            int seen = (int) memory.get32(word);
            if ((seen & LINKED) == 0) {
                if (i > 0) {
                    change(word, 0, BUSY);
                }
                return false;
            }
            long old = seen & 0xffff_ffffL;
            long next = (seen & ~(BUSY | LINK_MASK) | port) & 0xffff_ffffL;
            if (memory.compareAndSwap(word, 4, old, next) == old) {
                return true;
            }
            if (i == 0) {
                change(word, BUSY, 0);
            }
        }
        target.refuse("the guest keeps changing the word before port " + port);
        change(word, 0, BUSY);
        return true;
    }

    // ---- events ------------------------------------------------------------------------------

    @Override
    public int ports() {
        return Evtchn.FIFO_CHANNELS;
    }

    @Override
    public void init(Channel c) {
        c.priority = Evtchn.FIFO_PRIORITY_DEFAULT;
    }

    @Override
    public void raise(Channel c) {
        long word = word(c.port);
        if (word < 0) {
            c.pendingWithoutWord = true;
            return;
        }
        long block = controlBlocks[c.vcpu];
        if (block < 0) {
            target.refuse("event " + c.port + " is lost: vCPU " + c.vcpu + " has no control block");
            return;
        }
        boolean news = (change(word, PENDING, 0) & PENDING) == 0;
        int priority = c.priority;
        if (!has(word, MASKED) && (change(word, LINKED, 0) & LINKED) == 0 && !enqueue(c, block)) {
            // The queue was empty: the guest may not be looking at it.
            if (!bits.testAndSet(block, priority)) {
                bits.markPending(c.vcpu);
            }
        }
        if (news) {
            target.wakePollers(c.port);
        }
    }

    /** Puts {@code c} at the end of its queue; whether something else is on it. */
    private boolean enqueue(Channel c, long block) {
        // If it was the last of its old queue, that is empty, and must not be linked to it.
        if (tails[c.lastVcpu][c.lastPriority] == c.port) {
            tails[c.lastVcpu][c.lastPriority] = 0;
        }
        c.lastVcpu = c.vcpu;
        c.lastPriority = c.priority;
        int tail = tails[c.vcpu][c.priority];
        boolean linked = tail != 0 && link(word(tail), c.port);
        if (!linked) {
            memory.put32(block + Evtchn.FIFO_HEADS + 4L * c.priority, c.port);
        }
        tails[c.vcpu][c.priority] = c.port;
        return linked;
    }

    @Override
    public void clearPending(Channel c) {
        long word = word(c.port);
        if (word >= 0) {
            change(word, 0, PENDING);
        }
    }

    @Override
    public void unmask(Channel c) {
        long word = word(c.port);
        if (word < 0) {
            return;
        }
        change(word, 0, MASKED);
        if (has(word, PENDING)) {
            raise(c);
        }
    }

    @Override
    public boolean pending(Channel c) {
        long word = word(c.port);
        return word >= 0 && has(word, PENDING);
    }

    @Override
    public boolean busy(Channel c) {
        long word = word(c.port);
        return word >= 0 && has(word, LINKED);
    }

    @Override
    public int setPriority(Channel c, long priority) {
        if (priority < 0 || priority >= Evtchn.FIFO_QUEUES) {
            target.refuse("there is no priority " + priority);
            return -Errno.EINVAL;
        }
        // Where it is on a queue already it stays there.
        c.priority = (int) priority;
        return 0;
    }
}
