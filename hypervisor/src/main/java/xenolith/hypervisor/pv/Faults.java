package xenolith.hypervisor.pv;

import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.BatchedPageTables;
import xenolith.hypervisor.paging.WritablePageTables;
import xenolith.hypervisor.trap.Bounce;
import xenolith.hypervisor.trap.CallGates;

/** Exceptions of the processor: what the hypervisor answers itself, and what the guest gets. */
public final class Faults {
    private final Emulation emulation;

    public Faults(Emulation emulation) {
        this.emulation = emulation;
    }

    /** Exception {@code vector} with its error code and, for #PF, linear address. */
    public void handle(Vcpu v, int vector, int errorCode, long address) {
        switch (vector) {
            case Vector.PF -> pageFault(v, errorCode, address);
            case Vector.UD -> {
                if (!emulation.forcedCpuid(v)) {
                    Bounce.fault(v, vector, errorCode, address);
                }
            }
            case Vector.GP -> {
                // With the bits of an event or a vector it is no selector.
                if (v.domain.compat() && errorCode != 0 && (errorCode & 3) == 0) {
                    boolean stepped = (v.cpu.systemFlags & Rflags.TF) != 0;
                    if (CallGates.generalProtection(v, errorCode)) {
                        DebugRegisters.retired(v, stepped, 0);
                    }
                } else {
                    Bounce.fault(v, vector, errorCode, address);
                }
            }
            default -> Bounce.fault(v, vector, errorCode, address);
        }
    }

    private static void pageFault(Vcpu v, int errorCode, long address) {
        if (v.paging.inLdtArea(address)) {
            ldtFault(v, errorCode, address);
            return;
        }
        long before = v.cpu.retired;
        boolean store =
                (errorCode & (PageFault.P | PageFault.W | PageFault.RSVD | PageFault.I))
                        == (PageFault.P | PageFault.W);
        boolean ours = store && v.kernelMode() && v.domain.memory.writablePageTables();
        BatchedPageTables batched = v.domain.paging.batched();
        if (ours && batched != null && batched.open(v.paging, address)) {
            return;
        }
        if (ours
                && WritablePageTables.emulateStore(v.paging, v.domain.hypervisor.engine, address)) {
            if (v.cpu.retired != before) {
                DebugRegisters.retired(v, (v.cpu.systemFlags & Rflags.TF) != 0, 0);
            }
            return;
        }
        Bounce.fault(v, Vector.PF, errorCode, address);
    }

    /** The processor read a descriptor of the LDT whose page is not mapped yet, or cannot be. */
    private static void ldtFault(Vcpu v, int errorCode, long address) {
        if (v.paging.mapLdtPage(address)) {
            return;
        }
        long guest = v.paging.guestLdtAddress(address);
        if (guest == 0) {
            Bounce.fault(v, Vector.GP, (int) (address & 0xfff8) | 4, 0);
        } else {
            Bounce.fault(v, Vector.PF, errorCode, guest);
        }
    }
}
