package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * What only domain 0 may do is refused as Xen refuses it: for the interface's version first, then
 * for the caller. Registers of the processor's model read as something or raise #GP, and there are
 * no transactions.
 */
final class ControlOperations implements TinyGuest {
    private static final int PLATFORM_OP = 7;
    private static final int SYSCTL = 35;
    private static final int DOMCTL = 36;
    private static final int KEXEC_OP = 37;
    private static final int ARGO_OP = 39;
    private static final int XENPMU_OP = 40;
    private static final int HYPFS_OP = 42;

    /** XEN_SYSCTL_INTERFACE_VERSION and its sister of Xen 4.17. */
    private static final int VERSION = 0x15;

    private static final int PLATFORM_VERSION = 0x0300_0001;

    private static final int EPERM = -1;
    private static final int EACCES = -13;
    private static final int EOPNOTSUPP = -95;
    private static final int MISC_ENABLE = 0x1a0;

    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("op", 256);
        for (int call : new int[] {SYSCTL, DOMCTL, PLATFORM_OP}) {
            int right = call == PLATFORM_OP ? PLATFORM_VERSION : VERSION;
            for (int version : new int[] {0, right - 1, right + 1, -1}) {
                a.mov(4, Mem.at("op", 4), version).lea(RDI, "op");
                k.hypercall(call);
                k.expectResult(EACCES, "call " + call + ", version " + version);
            }
            a.mov(4, Mem.at("op", 4), right).lea(RDI, "op");
            k.hypercall(call);
            k.expectResult(EPERM, "call " + call);
        }
        for (int call : new int[] {KEXEC_OP, HYPFS_OP}) {
            a.mov(RDI, 0).lea(RSI, "op");
            k.hypercall(call);
            k.expectResult(EPERM, "call " + call);
        }
        k.hypercall(ARGO_OP, 1, 0, 0);
        k.expectResult(Xen.ENOSYS, "argo_op");
        k.hypercall(XENPMU_OP, 0, 0);
        k.expectResult(EOPNOTSUPP, "xenpmu_op");
        k.attempt(() -> a.mov(RCX, MISC_ENABLE).rdmsr());
        k.expectVector(-1, "MISC_ENABLE");
        k.attempt(() -> a.mov(RCX, 0x2000).rdmsr());
        k.expectFault(13, 0, "a register that is not there");
        k.attempt(() -> a.mov(RCX, MISC_ENABLE).mov(RAX, -1).mov(RDX, -1).wrmsr());
        k.expectVector(-1, "a change of MISC_ENABLE, which has no effect");
        k.attempt(() -> a.mov(RCX, 0x277).mov(RAX, 0).mov(RDX, 0).wrmsr());
        k.expectFault(13, 0, "a change of PAT");
        // XBEGIN to the next instruction.
        k.attempt(() -> a.raw(0xc7, 0xf8, 0, 0, 0, 0));
        k.expectVector(6, "XBEGIN");
    }
}
