package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * The read-only table at the beginning of the hypervisor's addresses tells the pseudo-physical
 * number of a machine frame. For own frames it is the inverse of the p2m list; a read beyond its
 * end, or a store, is an ordinary page fault.
 */
final class MachineToPhysical implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(RBX, Mem.at("start_info")).mov(R12, Mem.at(RBX, Xen.MFN_LIST));
        a.mov(R13, Mem.at(RBX, Xen.NR_PAGES)).mov(RBX, 0);
        String loop = a.fresh("loop");
        a.label(loop)
                .mov(RCX, Mem.at(R12, RBX, 8, 0))
                .mov(RDX, Xen.M2P)
                .mov(RCX, Mem.at(RDX, RCX, 8, 0));
        k.expectSame(RCX, RBX, "m2p of p2m");
        a.inc(RBX).cmp(RBX, R13).j(Cond.NE, loop);
        k.attempt(() -> a.mov(RCX, 0xffff_803f_ffff_fff8L).mov(RAX, Mem.at(RCX)));
        k.expectVector(14, "read at the end of the table's range");
        k.attempt(() -> a.mov(RCX, Xen.M2P).mov(Mem.at(RCX), RAX));
        k.expectVector(14, "store to the table");
    }
}
