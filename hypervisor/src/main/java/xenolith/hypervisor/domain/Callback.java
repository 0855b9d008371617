package xenolith.hypervisor.domain;

/**
 * An entry point that a guest registered; address 0, or for 32-bit guests a null selector, for
 * none.
 */
public final class Callback {
    public long address;

    /** Selector of its code, for 32-bit guests. */
    public int cs;

    /** Whether events are masked on entry. */
    public boolean maskEvents;

    /** Sets address and mask. */
    public void set(long newAddress, boolean newMaskEvents) {
        address = newAddress;
        maskEvents = newMaskEvents;
    }

    /** Sets all. */
    public void set(int newCs, long newAddress, boolean newMaskEvents) {
        cs = newCs;
        set(newAddress, newMaskEvents);
    }
}
