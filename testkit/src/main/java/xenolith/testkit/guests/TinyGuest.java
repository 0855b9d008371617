package xenolith.testkit.guests;

/** A guest that finds out one thing and prints {@code Test result: SUCCESS} or {@code FAILURE}. */
public interface TinyGuest {
    /**
     * Emits the guest's own code; it is entered once everything that {@link GuestKit} sets up is.
     */
    void body(GuestKit k);

    /** The name by which lists and tests know it. */
    default String name() {
        return getClass().getSimpleName();
    }

    /** The ELF image. */
    default byte[] image() {
        GuestKit k = new GuestKit(name());
        k.begin();
        k.print("xenolith tiny guest\r\n");
        body(k);
        k.pass();
        return k.image();
    }
}
