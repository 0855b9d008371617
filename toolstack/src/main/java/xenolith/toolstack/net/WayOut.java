package xenolith.toolstack.net;

/** What a bridge's pethN is. */
public sealed interface WayOut {
    /** There is none: guests reach each other and domain 0 only. */
    record None() implements WayOut {}

    /** Through passt; without it, there is none where {@code ifInstalled}, else an error. */
    record Passt(boolean ifInstalled) implements WayOut {}

    /** To another host's bridge on this machine, by UDP ports of the loopback interface. */
    record Udp(int local, int remote) implements WayOut {}

    /** An interface of this machine, which takes root; its name is the port's where it is empty. */
    record Tap(String interfaceName) implements WayOut {}
}
