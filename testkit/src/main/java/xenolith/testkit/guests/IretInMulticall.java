package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;

/** iret in a multicall ends it: the frame below RSP is taken, and calls behind it are not made. */
final class IretInMulticall implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("calls", 128);
        a.mov(Mem.at("calls"), Xen.IRET);
        a.mov(Mem.at("calls", 64), Xen.XEN_VERSION).mov(Mem.at("calls", 72), 0x5555);
        String there = a.fresh("there");
        a.mov(k.variable("sp"), RSP).mov(RCX, RSP);
        a.push(Xen.FLAT_SS).push(RCX).push(0x202).push(Xen.KERNEL_CS).lea(RAX, there).push(RAX);
        a.push(0).push(0).push(0).push(0x77).lea(RDI, "calls").mov(RSI, 2);
        k.hypercall(Xen.MULTICALL);
        k.fail("the multicall returned");
        a.label(there).mov(RBX, RAX);
        k.expect(RBX, 0x77, "RAX after iret");
        k.expectSame(RSP, Mem.at("sp"), "RSP after iret");
        k.expect(Mem.at("calls", 72), 0x5555, "result of the call behind iret");
    }
}
