package xenolith.hypervisor.domain;

/** An entry point that a guest registered; address 0 for none. */
public final class Callback {
    public long address;

    /** Whether events are masked on entry. */
    public boolean maskEvents;

    /** Sets both. */
    public void set(long newAddress, boolean newMaskEvents) {
        address = newAddress;
        maskEvents = newMaskEvents;
    }
}
