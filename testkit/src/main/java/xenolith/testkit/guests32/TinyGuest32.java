package xenolith.testkit.guests32;

/** A 32-bit guest that prints {@code Test result: SUCCESS} or {@code FAILURE}. */
public interface TinyGuest32 {
    /** Emits the guest's own code; it is entered once everything that {@link Kit32} sets up is. */
    void body(Kit32 k);

    /** The name by which lists and tests know it. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** The ELF image. */
    default byte[] image() {
        Kit32 k = new Kit32(name());
        k.begin();
        k.print("xenolith tiny guest, 32 bits\r\n");
        body(k);
        k.pass();
        return k.image();
    }
}
