package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RDI;

import xenolith.testkit.asm.Mem;

/**
 * INT n through a gate that the guest's table does not open to its mode is #GP with error code n *
 * 8 + 2 at the instruction; through an open one it is delivered with RIP behind it. INT 3, 4 and
 * 0x80 are delivered whatever their gates say.
 */
final class SoftwareInterrupts implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        String site = a.fresh("site");
        k.attempt(() -> a.label(site).int_(0x80));
        k.expectFault(13, 0x402, "INT 0x80 in kernel mode, no gate");
        k.expectAddress(Mem.at("exc_rip"), site, "RIP of the fault");
        k.user(() -> a.int_(0x80));
        k.expectFault(13, 0x402, "INT 0x80 in user mode, no gate");
        a.lea(RDI, "kernel_int81");
        k.hypercall(Xen.SET_TRAP_TABLE);
        String behind = a.fresh("behind");
        k.attempt(() -> a.int_(0x81).label(behind).nop());
        k.expectFault(0x80, -1, "INT 0x81 in kernel mode, DPL 1");
        k.expectAddress(Mem.at("exc_rip"), behind, "RIP behind the instruction");
        k.user(() -> a.int_(0x81));
        k.expectFault(13, 0x40a, "INT 0x81 in user mode, DPL 1");
        a.lea(RDI, "open_int80").mov(1, Mem.at(RDI, 1), 0);
        k.hypercall(Xen.SET_TRAP_TABLE);
        k.user(() -> a.int_(0x80));
        k.expectFault(0x80, -1, "INT 0x80 in user mode, whatever its DPL");
        k.user(() -> a.raw(0xcd, 3));
        k.expectFault(3, -1, "INT 3 of two bytes in user mode");
        k.attempt(() -> a.raw(0xcd, 4));
        k.expectFault(4, -1, "INT 4");
        String trap = a.fresh("trap");
        k.user(() -> a.int3().label(trap).nop());
        k.expectFault(3, -1, "INT3 in user mode");
        k.expectAddress(Mem.at("exc_rip"), trap, "RIP behind INT3");
    }
}
