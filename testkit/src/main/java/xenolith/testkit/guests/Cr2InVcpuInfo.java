package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * A PV guest reads the address of a page fault in vcpu_info, not in CR2; MOV from CR2 is emulated
 * and gives the same. A fault that is no page fault leaves it alone.
 */
final class Cr2InVcpuInfo implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(RBX, 0x7654_3210_0000L);
        k.attempt(() -> a.mov(RAX, Mem.at(RBX)));
        k.expectVector(14, "read of nothing");
        k.expectSame(Mem.at("exc_cr2"), RBX, "vcpu_info.arch.cr2");
        k.attempt(() -> a.movFromCr(RCX, 2));
        k.expectVector(-1, "MOV from CR2");
        k.expectSame(RCX, RBX, "CR2");
        k.attempt(() -> a.ud2());
        k.expectSame(Mem.at("exc_cr2"), RBX, "vcpu_info.arch.cr2 after #UD");
    }
}
