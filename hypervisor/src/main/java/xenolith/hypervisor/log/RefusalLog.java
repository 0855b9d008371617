package xenolith.hypervisor.log;

/** Takes the reason of each refused request of a guest; sentences are built on refusal only. */
@FunctionalInterface
public interface RefusalLog {
    /** Drops everything. */
    RefusalLog NONE = (domid, sentence) -> {};

    /** Says why a request of domain {@code domid} was refused, in one sentence. */
    void refuse(int domid, String sentence);
}
