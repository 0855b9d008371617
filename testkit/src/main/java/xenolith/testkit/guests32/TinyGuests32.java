package xenolith.testkit.guests32;

import java.util.List;

/** All tiny 32-bit guests. */
public final class TinyGuests32 {
    private TinyGuests32() {}

    /** One of each. */
    public static List<TinyGuest32> all() {
        return List.of(
                new BounceFrames32(),
                new SoftwareInterrupts32(),
                new ThirdSlot32(),
                new MachineToPhysical32(),
                new Segments32(),
                new Multicall32(),
                new Events32(),
                new Runstate32(),
                new WritablePageTables32(),
                new CallGates32(),
                new FailsafeCallback32(),
                new ControlOperations32(),
                new Faulting32(),
                new PortsAndIopl32(),
                new HardwareBreakpoints32(),
                new PageTableBases32());
    }
}
