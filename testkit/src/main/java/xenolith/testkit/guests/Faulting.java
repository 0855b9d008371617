package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;

/**
 * What a guest's kernel may make fault: CPUID of user mode, by an MSR; RDTSC of user mode and the
 * instructions on FS and GS bases, by CR4.
 */
final class Faulting implements TinyGuest {
    private static final int GP = 13;
    private static final int UD = 6;
    private static final int MISC_FEATURES_ENABLES = 0x140;
    private static final long TSD = 1 << 2;
    private static final long FSGSBASE = 1 << 16;

    @Override
    public void body(GuestKit k) {
        cpuid(k);
        timeStamp(k);
        bases(k);
    }

    private static void features(GuestKit k, int value) {
        k.a.mov(RCX, MISC_FEATURES_ENABLES).mov(RAX, value).mov(RDX, 0).wrmsr();
    }

    private static void cpuid(GuestKit k) {
        var a = k.a;
        k.user(a::cpuid);
        k.expectVector(GuestRuntime.SYSCALL_VECTOR, "CPUID at the start");
        k.attempt(() -> features(k, 2));
        k.expectFault(GP, 0, "a feature that is not there");
        k.attempt(() -> features(k, 1));
        k.expectVector(-1, "making CPUID fault");
        k.user(a::cpuid);
        k.expectFault(GP, 0, "CPUID of user mode");
        k.user(() -> a.ud2().raw('x', 'e', 'n').cpuid());
        k.expectFault(GP, 0, "CPUID with the prefix");
        k.attempt(a::cpuid);
        k.expectVector(-1, "CPUID of the kernel");
        features(k, 0);
    }

    private static void setCr4(GuestKit k, long bits) {
        k.a.movFromCr(RCX, 4).and(RCX, ~(TSD | FSGSBASE)).or(RCX, bits).movToCr(4, RCX);
    }

    private static void timeStamp(GuestKit k) {
        setCr4(k, TSD);
        k.user(k.a::rdtsc);
        k.expectFault(GP, 0, "RDTSC of user mode");
        k.attempt(k.a::rdtsc);
        k.expectVector(-1, "RDTSC of the kernel");
        setCr4(k, 0);
    }

    private static void bases(GuestKit k) {
        var a = k.a;
        // RDFSBASE RDX
        k.attempt(() -> a.raw(0xf3, 0x48, 0x0f, 0xae, 0xc2));
        k.expectVector(UD, "RDFSBASE at the start");
        setCr4(k, FSGSBASE);
        // WRFSBASE RCX; RDFSBASE RDX
        k.attempt(() -> {
            a.mov(RCX, 0x1234_5678_9000L).raw(0xf3, 0x48, 0x0f, 0xae, 0xd1);
            a.raw(0xf3, 0x48, 0x0f, 0xae, 0xc2).mov(k.variable("base"), RDX);
        });
        k.expectVector(-1, "WRFSBASE");
        k.expect(Mem.at("base"), 0x1234_5678_9000L, "FS base");
        k.attempt(() -> a.mov(RCX, 1L << 47).raw(0xf3, 0x48, 0x0f, 0xae, 0xd9));
        k.expectFault(GP, 0, "WRGSBASE of what is not canonical");
        setCr4(k, 0);
    }
}
