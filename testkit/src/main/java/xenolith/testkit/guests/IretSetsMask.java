package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;

/**
 * The iret hypercall gives the event mask the inverse of IF in the frame's RFLAGS; the real IF
 * stays set, and IOPL in the frame counts for nothing.
 */
final class IretSetsMask implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        for (int flags : new int[] {0x202, 0x002, 0x3202, 0x3002}) {
            String there = a.fresh("there");
            a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), (flags & 0x200) != 0 ? 1 : 0);
            a.mov(RCX, RSP).push(Xen.FLAT_SS).push(RCX).push(flags).push(Xen.KERNEL_CS);
            a.lea(RAX, there).push(RAX).push(0).push(0).push(0).push(0).jmp("iret");
            a.label(there).pushf().pop(RBX);
            k.sharedByte(Xen.UPCALL_MASK);
            a.mov(k.variable("mask"), RAX);
            k.expect(Mem.at("mask"), (flags & 0x200) != 0 ? 0 : 1, "mask after iret");
            a.and(RBX, 0x3200);
            k.expect(RBX, 0x200, "IF and IOPL after iret");
        }
    }
}
