package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RBX;

import xenolith.testkit.guests.Xen;

/**
 * INT 82 is the hypercall of ring 1 alone. Other vectors are let in by their DPL in the trap table,
 * and else raise #GP with the vector in the error code.
 */
final class SoftwareInterrupts32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.user(() -> a.int_(0x82));
        k.expectFault(13, 0x82 * 8 + 2, "a hypercall from user mode");
        k.user(() -> a.int_(0x80));
        k.expectFault(13, 0x80 * 8 + 2, "INT 80 before it is registered");
        a.lea(RBX, "open_int80");
        k.hypercall(Xen.SET_TRAP_TABLE);
        k.user(() -> a.int_(0x80));
        k.expectVector(0x80, "INT 80 from user mode");
        k.attempt(() -> a.int_(0x80));
        k.expectVector(0x80, "INT 80 from the kernel");
        // A call that does not exist, and one that 64-bit guests have.
        k.hypercall(60);
        k.expectResult(Xen.ENOSYS, "call 60");
        k.hypercall(Xen.SET_SEGMENT_BASE, 0, 0);
        k.expectResult(Xen.ENOSYS, "set_segment_base");
    }
}
