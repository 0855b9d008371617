package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/** Entries of a multicall have 4-byte words, and a call takes a 64-bit number from two of them. */
final class Multicall32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.area("calls", 96);
        k.area("page", 4096);
        k.entryOf("page", 0x61);
        a.mov(Mem.at("calls"), Xen.UPDATE_VA_MAPPING).mov(Mem.at("calls", 12), RCX);
        a.mov(Mem.at("calls", 16), RDX).mov(Mem.at("calls", 20), Xen.INVLPG);
        a.lea(RAX, "page").mov(Mem.at("calls", 8), RAX).mov(Mem.at("calls", 4), 0x5555);
        a.mov(Mem.at("calls", 32), 60).mov(Mem.at("calls", 64), Xen.XEN_VERSION);
        a.lea(RBX, "calls").mov(RCX, 3);
        k.hypercall(Xen.MULTICALL);
        k.expectResult(0, "multicall");
        k.expect(Mem.at("calls", 4), 0, "update_va_mapping");
        k.expect(Mem.at("calls", 36), Xen.ENOSYS, "a call that does not exist");
        a.mov(RCX, Mem.at("calls", 68)).shr(RCX, 16);
        k.expect(RCX, 4, "major version");
        k.attempt(() -> a.mov(Mem.at("page"), RAX));
        k.expectFault(14, 3, "a store to the page, read-only now");
    }
}
