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
        bitmap(k);
        registers(k);
    }

    /** An I/O bitmap lets programs in, too; it is in the guest's addresses as a whole. */
    private static void bitmap(GuestKit k) {
        var a = k.a;
        k.area("bitmap", 8192);
        a.mov(RBX, -1).mov(Mem.at("bitmap", 16), RBX).mov(1, Mem.at("bitmap", 16), 0xfe);
        setBitmap(k, 0x88);
        k.expectResult(0, "set_iobitmap");
        k.user(() -> a.mov(RDX, 0x80).inByte());
        k.expectVector(GuestRuntime.SYSCALL_VECTOR, "IN of a port that the bitmap allows");
        k.user(() -> a.mov(RDX, 0x81).inByte());
        k.expectFault(13, 0, "IN of a port that it does not");
        k.user(() -> a.mov(RDX, 0x80).raw(0x66, 0xed));
        k.expectFault(13, 0, "IN of both");
        k.user(() -> a.mov(RDX, 0x88).inByte());
        k.expectFault(13, 0, "IN behind the end");
        setBitmap(k, 65537);
        k.expectResult(Xen.EINVAL, "more ports than there are");
        setBitmap(k, 0);
        k.expectResult(0, "no ports");
        a.mov(RBX, 0x8000_0000_0000L).mov(Mem.at("set"), RBX);
        k.hypercallOn(Xen.PHYSDEV_OP, 7, "set");
        k.expectResult(Xen.EINVAL, "a bitmap beyond the lower half");
        // Xen looks at where it begins, and at the rest when a port is used.
        a.mov(RBX, 0x7fff_ffff_f000L).mov(Mem.at("set"), RBX);
        a.mov(4, Mem.at("set", 8), 65536);
        k.hypercallOn(Xen.PHYSDEV_OP, 7, "set");
        k.expectResult(0, "a bitmap across the end of the lower half");
        k.user(() -> a.mov(RDX, 0xfff8).inByte());
        k.expectFault(13, 0, "IN of a port whose bit is beyond");
    }

    private static void setBitmap(GuestKit k, int ports) {
        k.a.lea(RBX, "bitmap").mov(Mem.at(k.area("set", 16)), RBX).mov(4, Mem.at("set", 8), ports);
        k.hypercallOn(Xen.PHYSDEV_OP, 7, "set");
    }

    /** Two registers read as they were written: of PCI as a double word, of the clock chip. */
    private static void registers(GuestKit k) {
        var a = k.a;
        k.attempt(() -> {
            a.mov(RDX, 0xcf8).mov(RAX, 0x8000_1234L).raw(0xef).mov(RAX, 0).raw(0xed).mov(RBX, RAX);
        });
        k.expectVector(-1, "the address register of PCI");
        k.expect(RBX, 0x8000_1234L, "the address register of PCI");
        k.attempt(() -> a.mov(RDX, 0xcf8).mov(RAX, 0).inByte().mov(RBX, RAX));
        k.expect(RBX, 0xff, "a byte of it");
        k.attempt(() -> a.mov(RDX, 0x70).mov(RAX, 0x8a).outByte().mov(RAX, 0));
        k.attempt(() -> a.mov(RDX, 0x6f).mov(RAX, 0).raw(0x66, 0xed).mov(RBX, RAX));
        k.expect(RBX, 0x0aff, "the index register, behind another port");
    }
}
