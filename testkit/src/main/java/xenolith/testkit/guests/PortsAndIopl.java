package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;

/**
 * IN and OUT fault until physdev_op set_iopl(1) allows them to the kernel; then ports that belong
 * to nobody read all ones. CLI and STI, once allowed, do nothing to the event mask. User mode never
 * may.
 */
final class PortsAndIopl implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.attempt(() -> a.mov(RDX, 0x80).inByte());
        k.expectFault(13, 0, "IN without IOPL");
        k.area("iopl", 8);
        a.mov(Mem.at("iopl"), 1);
        k.hypercallOn(Xen.PHYSDEV_OP, 6, "iopl");
        k.expectResult(0, "set_iopl");
        k.attempt(() -> a.mov(RDX, 0x80).mov(RAX, 0).inByte().mov(RBX, RAX));
        k.expectVector(-1, "IN with IOPL");
        k.expect(RBX, 0xff, "what IN gave");
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        k.attempt(() -> a.cli());
        k.expectVector(-1, "CLI with IOPL");
        k.sharedByte(Xen.UPCALL_MASK);
        k.expect(RAX, 0, "mask after CLI");
        k.user(() -> a.mov(RDX, 0x80).inByte());
        k.expectFault(13, 0, "IN in user mode");
        k.user(() -> a.cli());
        k.expectFault(13, 0, "CLI in user mode");
    }
}
