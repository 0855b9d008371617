package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R10;
import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * mmu_update checks each new entry by the type of the frame that it is in. Refused: a writable
 * mapping of a page table, a frame that is not there, flags that guests may not set, an L4 entry in
 * the hypervisor's slots. A good update works and is seen at once.
 */
final class MmuUpdateRefusals implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("page", 4096);
        k.l1EntryOf("page");
        a.mov(R12, RDX).mov(RBX, RAX).mov(R13, Mem.at(RAX));
        a.mov(RDI, RBX).call("walk").mov(RCX, Mem.at(RAX)).or(RCX, 2).mov(RDX, R12);
        update(k);
        k.expectResult(Xen.EBUSY, "writable mapping of a page table");
        a.mov(RCX, 0x000f_ffff_ffff_f067L).mov(RDX, R12);
        update(k);
        k.expectRefusal("mapping of a frame that does not exist");
        a.mov(RCX, R13).or(RCX, 0x10).mov(RDX, R12);
        update(k);
        k.expectRefusal("an uncached mapping");
        a.mov(RCX, 0).mov(RDX, Mem.at("cr3_mfn")).shl(RDX, 12).add(RDX, 256 * 8);
        update(k);
        k.expectRefusal("an L4 entry of the hypervisor");
        a.mov(RCX, 0).mov(RDX, 0x000f_ffff_ffff_f000L);
        update(k);
        k.expectRefusal("an entry in no frame");
        k.expectSame(Mem.at(RBX), R13, "the entry after refusals");
        a.mov(RCX, R13).and(RCX, ~2L).mov(RDX, R12);
        update(k);
        k.expectResult(0, "a good update");
        a.mov(RCX, Mem.at(RBX)).and(RCX, 3);
        k.expect(RCX, 1, "P and RW of the entry");
    }

    /** mmu_update of the machine address in RDX with the entry in RCX; the result is in RAX. */
    private static void update(GuestKit k) {
        var a = k.a;
        String args = k.area("update", 16);
        a.mov(Mem.at(args), RDX).mov(Mem.at(args, 8), RCX);
        a.lea(RDI, args).mov(RSI, 1).mov(RDX, 0).mov(R10, Xen.DOMID_SELF);
        k.hypercall(Xen.MMU_UPDATE);
    }
}
