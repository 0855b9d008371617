package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * What only domain 0 may do is refused as Xen refuses it: for the interface's version first, then
 * for the caller. 32-bit guests have no segment bases in registers of the model.
 */
final class ControlOperations32 implements TinyGuest32 {
    private static final int SYSCTL = 35;
    private static final int DOMCTL = 36;

    /** XEN_SYSCTL_INTERFACE_VERSION and its sister of Xen 4.17. */
    private static final int VERSION = 0x15;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.area("op", 256);
        for (int call : new int[] {SYSCTL, DOMCTL}) {
            a.mov(Mem.at("op", 4), VERSION - 1).lea(RBX, "op");
            k.hypercall(call);
            k.expectResult(-13, "call " + call + ", another version");
            a.mov(Mem.at("op", 4), VERSION).lea(RBX, "op");
            k.hypercall(call);
            k.expectResult(-1, "call " + call);
        }
        k.hypercall(39, 1, 0, 0);
        k.expectResult(Xen.ENOSYS, "argo_op");
        k.hypercall(40, 0, 0);
        k.expectResult(-95, "xenpmu_op");
        k.attempt(() -> a.mov(RCX, 0x1a0).rdmsr());
        k.expectVector(-1, "MISC_ENABLE");
        k.attempt(() -> a.mov(RCX, 0xc000_0100L).mov(RAX, 0).mov(RDX, 0).wrmsr());
        k.expectFault(13, 0, "FS_BASE");
    }
}
