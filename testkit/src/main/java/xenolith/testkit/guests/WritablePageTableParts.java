package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * A store of one, two or four bytes changes its part of the 8-byte entry, and the whole entry is
 * checked.
 */
final class WritablePageTableParts implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        k.expectResult(0, "enabling writable page tables");
        k.l1EntryOf("page");
        a.mov(RBX, RAX).mov(R12, Mem.at(RBX));

        // Only the bits that are the guest's own: half of this byte belongs to the frame number.
        k.attempt(() -> a.mov(RCX, R12).shr(RCX, 8).or(RCX, 0x0e).mov(1, Mem.at(RBX, 1), RCX));
        k.expectVector(-1, "store of the second byte");
        k.attempt(() -> a.mov(RCX, R12).mov(2, Mem.at(RBX), RCX));
        k.expectVector(-1, "store of two bytes");
        k.attempt(() -> a.mov(4, RCX, Mem.at(RBX)).and(RCX, ~2L).mov(4, Mem.at(RBX), RCX));
        k.expectVector(-1, "store of four bytes");
        a.mov(RCX, Mem.at(RBX)).xor(RCX, R12).and(RCX, ~0x60L);
        k.expect(RCX, 2, "what changed in the entry");
    }
}
