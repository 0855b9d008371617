package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R10;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * A frame can be pinned as a page table only while no writable mapping of it exists, and only once;
 * unpinning takes a pinned frame. A table with a bad entry cannot be pinned.
 */
final class PinFailures implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.mfnOf("page");
        a.mov(RBX, RAX).mov(RCX, RBX);
        mmuext(k, Xen.PIN_L1);
        k.expectResult(Xen.EINVAL, "pinning a frame that is mapped writable");
        a.mov(RCX, RBX);
        mmuext(k, Xen.UNPIN);
        k.expectResult(Xen.EINVAL, "unpinning a frame that is not pinned");
        a.mov(RCX, 0x000f_ffff_ffffL);
        mmuext(k, Xen.PIN_L1);
        k.expectRefusal("pinning a frame that does not exist");
        k.entryOf("page", 0x65);
        a.mov(RSI, RAX);
        k.mapPage("page");
        k.expectResult(0, "mapping the page read-only");
        a.mov(RCX, RBX);
        mmuext(k, Xen.PIN_L1);
        k.expectResult(0, "pinning an empty table");
        a.mov(RCX, RBX);
        mmuext(k, Xen.PIN_L1);
        k.expectResult(Xen.EINVAL, "pinning it twice");
        k.entryOf("page", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("page");
        k.expectResult(Xen.EBUSY, "mapping a pinned table writable");
        a.mov(RCX, RBX);
        mmuext(k, Xen.UNPIN);
        k.expectResult(0, "unpinning it");
        k.entryOf("page", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("page");
        k.expectResult(0, "mapping it writable afterwards");
        a.mov(RCX, 0x000f_ffff_ffff_f067L).mov(Mem.at("page", 2048), RCX);
        k.entryOf("page", 0x65);
        a.mov(RSI, RAX);
        k.mapPage("page");
        a.mov(RCX, RBX);
        mmuext(k, Xen.PIN_L1);
        k.expectRefusal("pinning a table with a bad entry");
        k.entryOf("page", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("page");
        k.expectResult(0, "mapping the page writable after a failed pin");
    }

    /** mmuext_op {@code cmd} with the frame in RCX; the result is in RAX. */
    private static void mmuext(GuestKit k, int cmd) {
        var a = k.a;
        String op = k.area("mmuext_args", 24);
        a.mov(Mem.at(op), cmd).mov(Mem.at(op, 8), RCX);
        a.lea(RDI, op).mov(RSI, 1).mov(RDX, 0).mov(R10, Xen.DOMID_SELF);
        k.hypercall(Xen.MMUEXT_OP);
    }
}
