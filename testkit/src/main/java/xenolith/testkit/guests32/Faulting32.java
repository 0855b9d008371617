package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

/**
 * UD2 and the letters "xen" before CPUID ask the hypervisor for its own leaves; the kernel can make
 * CPUID of its programs fault, with the prefix and without.
 */
final class Faulting32 implements TinyGuest32 {
    private static final int MISC_FEATURES_ENABLES = 0x140;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.attempt(() -> forced(k));
        k.expectVector(-1, "forced CPUID");
        k.expect(RBX, 0x566e_6558L, "EBX of leaf 0x40000000");
        k.attempt(() -> a.ud2().raw('x', 'e', 'n').nop());
        k.expectVector(6, "the prefix before a NOP");
        k.user(a::cpuid);
        k.expectVector(6, "CPUID of user mode goes on to UD2");
        k.attempt(() -> enables(k, 2));
        k.expectFault(13, 0, "a feature that is not there");
        k.attempt(() -> enables(k, 1));
        k.expectVector(-1, "making CPUID fault");
        k.user(a::cpuid);
        k.expectFault(13, 0, "CPUID of user mode");
        k.user(() -> forced(k));
        k.expectFault(13, 0, "forced CPUID of user mode");
        k.attempt(a::cpuid);
        k.expectVector(-1, "CPUID of the kernel");
        enables(k, 0);
    }

    private static void forced(Kit32 k) {
        k.a.mov(RAX, 0x4000_0000L).mov(RBX, 0).ud2().raw('x', 'e', 'n').cpuid();
    }

    private static void enables(Kit32 k, int value) {
        k.a.mov(RCX, MISC_FEATURES_ENABLES).mov(RAX, value).mov(RDX, 0).wrmsr();
    }
}
