package xenolith.machine.cpu;

/** Runs guest code: the one door of the processor. */
public interface Engine {
    /**
     * Runs {@code cpu} from its RIP until something happens that it cannot finish alone. Stops with
     * {@link Exit.Simple#TIME_UP} exactly when {@link Cpu#retired} reaches {@link Cpu#limit}, or
     * soon after {@link Cpu#kick()}. The state in {@code cpu} is complete on return.
     */
    Exit run(Cpu cpu);

    /**
     * Executes the one instruction at RIP with stores to the page of {@code vaddr} captured instead
     * of performed: how a trapped store to a page table is seen without decoding it. If the
     * instruction stored there once, 1 to 8 bytes within the page, all other effects of the
     * instruction have taken place and the store is returned. Otherwise nothing has changed and the
     * result is {@code null}: deliver the fault.
     */
    @org.jspecify.annotations.Nullable
    CapturedStore captureStore(Cpu cpu, long vaddr);

    /** Lets go of all that is kept for {@code cpu}, which will not run any more. */
    default void forget(Cpu cpu) {}

    /**
     * What a user may want to know of the engine's work so far, in one line for {@code --stats}, or
     * nothing.
     */
    default String statistics() {
        return "";
    }

    /**
     * A store that was captured.
     *
     * @param vaddr where
     * @param size bytes, 1 to 8
     * @param oldValue what the instruction read or would have overwritten, zero-extended
     * @param value what it stores, zero-extended
     * @param compared whether it stores in place of {@code oldValue} only: with a LOCK prefix
     * @param before the processor's registers before the instruction, to restore on refusal
     */
    record CapturedStore(
            long vaddr,
            int size,
            long oldValue,
            long value,
            boolean compared,
            Cpu.Snapshot before) {}
}
