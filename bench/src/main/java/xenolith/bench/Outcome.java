package xenolith.bench;

/** What one run of a row came to. */
sealed interface Outcome {
    /**
     * It ended.
     *
     * @param check its check value, hexadecimal
     * @param nanoseconds its time, by the guest's own clock
     * @param cpuNanoseconds processor time that the rival's process took meanwhile, in all its
     *     threads; 0 if it is not known
     */
    record Measured(String check, long nanoseconds, long cpuNanoseconds) implements Outcome {}

    /** It took longer than allowed, or its guest stopped answering. */
    record Late() implements Outcome {}

    /**
     * It failed.
     *
     * @param why what its guest said
     */
    record Bad(String why) implements Outcome {}
}
