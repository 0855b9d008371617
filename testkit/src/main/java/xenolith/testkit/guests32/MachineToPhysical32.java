package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * The machine-to-physical table has 4 bytes a frame, at 0xf5800000; the kernel may read it and
 * nobody may write it.
 */
final class MachineToPhysical32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.mfnOf("stack");
        a.mov(RCX, Xen32.M2P).mov(RCX, Mem.at(RCX, RAX, 4, 0));
        a.shl(RCX, 12);
        k.expectAddress(RCX, "stack", 0, "the page of a frame");
        k.attempt(() -> a.mov(RCX, Xen32.M2P).mov(Mem.at(RCX), RCX));
        k.expectFault(14, 3, "a store");
        k.user(() -> a.mov(RCX, Xen32.M2P).mov(RCX, Mem.at(RCX)));
        k.expectFault(14, 5, "a program's read");
        // machphys_mapping, and the same by xen_version's platform_parameters.
        k.hypercallOn(12, 12, k.area("mapping", 12));
        k.expectResult(0, "machphys_mapping");
        k.expect(Mem.at("mapping"), Xen32.M2P, "start");
        k.expect(Mem.at("mapping", 4), 0xffe0_0000L, "end");
        k.hypercallOn(Xen.XEN_VERSION, 5, "mapping");
        k.expect(Mem.at("mapping"), Xen32.M2P, "platform_parameters");
        // The hypervisor's part is no place for arguments or mappings.
        a.mov(RBX, 5).mov(RCX, Xen32.M2P);
        k.hypercall(Xen.XEN_VERSION);
        k.expectResult(-14, "an argument in the hole");
        a.mov(RBX, Xen32.M2P).mov(RCX, 0).mov(RDX, 0).mov(RSI, 0);
        k.hypercall(Xen.UPDATE_VA_MAPPING);
        k.expectResult(Xen.EINVAL, "a mapping in the hole");
    }
}
