package xenolith.testkit.guests;

import java.util.List;

/** All tiny guests. */
public final class TinyGuests {
    private TinyGuests() {}

    /** One of each. */
    public static List<TinyGuest> all() {
        return List.of(
                new BounceFromKernel(),
                new BounceFromUser(),
                new FrameWithErrorCode(),
                new IretSetsMask(),
                new IretInSyscall(),
                new PageFaultCodes(),
                new Cr2InVcpuInfo(),
                new WritablePageTableStore(),
                new WritablePageTableExchange(),
                new WritablePageTableLocked(),
                new WritablePageTableParts(),
                new WritablePageTableRefusal(),
                new WritablePageTableUpperLevel(),
                new MmuUpdateRefusals(),
                new MmuUpdateCount(),
                new PinFailures(),
                new EventMask(),
                new SelectorBits(),
                new UnmaskRaises(),
                new EventInUserMode(),
                new TimerInThePast(),
                new SingleshotTimer(),
                new PeriodicTimer(),
                new BlockWithPendingEvent(),
                new MulticallResults(),
                new IretInMulticall(),
                new SoftwareInterrupts(),
                new ForcedEmulation(),
                new SystemCalls(),
                new Sysenter(),
                new NonCanonicalAddresses(),
                new SingleStep(),
                new SelfModifyingCode(),
                new CrossPageInstruction(),
                new MachineToPhysical(),
                new DescriptorTables(),
                new BadIret(),
                new TaskSwitchedFlag(),
                new PortsAndIopl(),
                new SegmentBases(),
                new UnknownHypercalls(),
                new RunstateArea(),
                new DivideError(),
                new DescriptorlessInstructions(),
                new GrantVersions(),
                new GrantCopies(),
                new FifoEvents(),
                new HardwareBreakpoints(),
                new Faulting(),
                new NonMaskable(),
                new MemoryCalls(),
                new FailsafeCallback(),
                new ControlOperations());
    }
}
