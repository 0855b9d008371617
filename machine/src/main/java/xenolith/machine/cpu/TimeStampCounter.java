package xenolith.machine.cpu;

/** What RDTSC reads. */
@FunctionalInterface
public interface TimeStampCounter {
    /** The counter's value for {@code cpu} now. */
    long read(Cpu cpu);
}
