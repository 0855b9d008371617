package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * IN and OUT fault until physdev_op set_iopl(1) allows them to ring 1; CLI, once allowed, does
 * nothing to the event mask. Ring 3 never may. With architectural_iopl frames show the level.
 */
final class PortsAndIopl32 implements TinyGuest32 {
    private static final int ARCHITECTURAL_IOPL = 4;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.attempt(() -> a.mov(RDX, 0x80).inByte());
        k.expectFault(13, 0, "IN without IOPL");
        a.mov(Mem.at(k.area("iopl", 4)), 1);
        k.hypercallOn(Xen.PHYSDEV_OP, 6, "iopl");
        k.expectResult(0, "set_iopl");
        k.attempt(() -> a.mov(RDX, 0x80).mov(RAX, 0).inByte().mov(RBX, RAX));
        k.expectVector(-1, "IN with IOPL");
        k.expect(RBX, 0xff, "what IN gave");
        a.mov(1, Mem.at("shared", Xen32.UPCALL_MASK), 0);
        k.attempt(a::cli);
        k.expectVector(-1, "CLI with IOPL");
        a.movzx(RCX, 1, Mem.at("shared", Xen32.UPCALL_MASK));
        k.expect(RCX, 0, "mask after CLI");
        k.user(() -> a.mov(RDX, 0x80).inByte());
        k.expectFault(13, 0, "IN in user mode");
        k.user(a::cli);
        k.expectFault(13, 0, "CLI in user mode");
        k.attempt(a::ud2);
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x3000);
        k.expect(RCX, 0, "IOPL in a frame");
        k.hypercall(Xen.VM_ASSIST, 0, ARCHITECTURAL_IOPL);
        k.expectResult(0, "vm_assist");
        k.attempt(a::ud2);
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x3000);
        k.expect(RCX, 0x1000, "IOPL in a frame, with the assist");
    }
}
