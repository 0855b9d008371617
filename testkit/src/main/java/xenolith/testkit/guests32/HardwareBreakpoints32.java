package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * Breakpoints of DR0 and DR7 in both rings: on a store, and on code, which RF lets pass. DR6 tells
 * what was met; single steps come after the instruction.
 */
final class HardwareBreakpoints32 implements TinyGuest32 {
    private static final int DEBUG = 1;
    private static final long DR6 = 0xffff_0ff0L;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.area("watched", 16);
        a.movFromDr(RCX, 7);
        k.expect(RCX, 0x400, "DR7 at the start");
        // As on Xen: an address of 32 bits is never the hypervisor's own.
        k.attempt(() -> set(k, 0, Xen32.M2P));
        k.expectVector(-1, "a breakpoint in the hole");
        k.hypercall(Xen.SET_DEBUGREG, 8, 0);
        k.expectResult(-19, "DR8");
        String after = a.fresh("after");
        a.lea(RCX, "watched").movToDr(0, RCX);
        set(k, 7, 0xd_0001);
        k.attempt(
                () -> a.mov(Mem.at("watched", 4), 1).mov(Mem.at("watched"), 1).label(after).nop());
        k.expectVector(DEBUG, "a store");
        k.expectAddress(Mem.at("exc_eip"), after, 0, "behind the store");
        expectDr6(k, 1, "a store");
        k.user(() -> a.mov(Mem.at("watched"), 2));
        k.expectVector(DEBUG, "a store of user mode");
        expectDr6(k, 1, "a store of user mode");
        set(k, 7, 0);
        code(k);
        step(k);
    }

    /** Comes to {@code here} by iret, without RF and with it. */
    private static void code(Kit32 k) {
        var a = k.a;
        for (boolean resume : new boolean[] {false, true}) {
            String here = a.fresh("here");
            a.lea(RCX, here).movToDr(3, RCX);
            set(k, 7, 0x40);
            k.attempt(() -> {
                a.push(resume ? 0x1_0202 : 0x202).push(Xen32.KERNEL_CS).lea(RCX, here);
                a.push(RCX).push(0);
                k.hypercall(Xen.IRET);
                a.label(here).nop();
            });
            k.expectVector(resume ? -1 : DEBUG, resume ? "code, resumed" : "code");
            expectDr6(k, resume ? 0 : 8, "code");
            set(k, 7, 0);
        }
    }

    private static void step(Kit32 k) {
        var a = k.a;
        String stepped = a.fresh("stepped");
        k.attempt(() -> {
            a.pushf().pop(RCX).or(RCX, 0x100).push(RCX).popf().nop().label(stepped).nop();
        });
        k.expectVector(DEBUG, "a step");
        k.expectAddress(Mem.at("exc_eip"), stepped, 0, "EIP after the step");
        expectDr6(k, 0x4000, "a step");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x1_0100);
        k.expect(RCX, 0x100, "TF and no RF in the frame of a trap");
    }

    private static void set(Kit32 k, int register, long value) {
        k.a.mov(RCX, value).movToDr(register, RCX);
    }

    private static void expectDr6(Kit32 k, long conditions, String what) {
        k.a.movFromDr(RDX, 6).mov(RCX, RDX);
        k.expect(RCX, DR6 | conditions, what + ": DR6");
        set(k, 6, DR6);
    }
}
