package xenolith.machine.decode;

/** Where the decoder takes its bytes from. */
@FunctionalInterface
public interface CodeBytes {
    /**
     * The byte at {@code offset} (0 to 14) from the instruction's first, 0 to 255. May throw the
     * guest's own fault if the byte cannot be fetched.
     */
    int at(int offset);
}
