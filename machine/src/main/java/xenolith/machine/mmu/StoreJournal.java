package xenolith.machine.mmu;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import xenolith.abi.x86.Pte;
import xenolith.machine.memory.MachineMemory;

/**
 * Takes stores of one processor back: keeps a copy of each frame from before its first store, and
 * of the TLB from before the first access, so that a piece of code can be run again from the same
 * state. Accessed and dirty bits count as stores.
 */
public final class StoreJournal {
    private static final int WORDS = MachineMemory.FRAME_SIZE / 8;

    private final MachineMemory memory;
    private final Map<Long, long[]> before = new HashMap<>();
    private final List<long[]> spare = new ArrayList<>();
    private final Tlb translations = new Tlb(-1);
    private final Set<Long> walked = new TreeSet<>();

    /** A journal of stores to {@code memory}. */
    public StoreJournal(MachineMemory memory) {
        this.memory = memory;
    }

    /** A walk for the page of {@code vaddr} begins. */
    void walked(long vaddr) {
        walked.add(vaddr & Pte.PAGE_MASK);
    }

    /** Linear addresses of the pages that were looked up in the page tables, in order. */
    public Set<Long> walked() {
        return walked;
    }

    /** Forgets all frames; the TLB is to be as {@code now} when stores are taken back. */
    void begin(Tlb now) {
        spare.addAll(before.values());
        before.clear();
        walked.clear();
        translations.copyForReads(now);
    }

    /** Whoever calls is about to store to frame {@code mfn}. */
    void beforeStore(long mfn) {
        if (!before.containsKey(mfn)) {
            long[] copy = spare.isEmpty() ? new long[WORDS] : spare.removeLast();
            contents(mfn, copy);
            before.put(mfn, copy);
        }
    }

    /** Copies the 512 words of frame {@code mfn} to {@code copy}. */
    public void contents(long mfn, long[] copy) {
        for (int i = 0; i < WORDS; i++) {
            copy[i] = memory.get64((mfn << MachineMemory.FRAME_SHIFT) + 8L * i);
        }
    }

    /**
     * The frames that were stored to, with their contents before the first store, as 512 words;
     * valid until this journal is started again.
     */
    public Map<Long, long[]> before() {
        return Collections.unmodifiableMap(before);
    }

    /** The frames that were stored to, with their contents now, as 512 words. */
    public Map<Long, long[]> now() {
        Map<Long, long[]> now = new HashMap<>();
        before.forEach((mfn, old) -> {
            long[] copy = new long[WORDS];
            contents(mfn, copy);
            now.put(mfn, copy);
        });
        return now;
    }

    /** Takes all stores back, as stores of their own where contents differ. */
    void takeBack(Tlb now) {
        before.forEach((mfn, copy) -> {
            long maddr = mfn << MachineMemory.FRAME_SHIFT;
            for (int i = 0; i < WORDS; i++) {
                if (memory.get64(maddr + 8L * i) != copy[i]) {
                    memory.put64(maddr + 8L * i, copy[i]);
                }
            }
        });
        now.copyForReads(translations);
    }
}
