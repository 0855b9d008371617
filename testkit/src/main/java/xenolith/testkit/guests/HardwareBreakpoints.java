package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Mem;

/**
 * Breakpoints of DR0 to DR3: on a store, on code, which RF lets pass, and on a port; also in user
 * mode. DR6 gathers what was met. Addresses of the hypervisor, bits that are reserved, and ports
 * without CR4.DE are refused; privileged instructions that are emulated can be stepped through.
 */
final class HardwareBreakpoints implements TinyGuest {
    private static final int DEBUG = 1;
    private static final int BREAKPOINT = 3;
    private static final int GP = 13;
    private static final int UD = 6;
    private static final long DR6 = 0xffff_0ff0L;

    @Override
    public void body(GuestKit k) {
        refusals(k);
        store(k);
        code(k);
        user(k);
        shadow(k);
        port(k);
        step(k);
    }

    private static void set(GuestKit k, int register, long value) {
        k.a.mov(RCX, value).movToDr(register, RCX);
    }

    private static void expectDr6(GuestKit k, long conditions, String what) {
        k.a.movFromDr(RCX, 6);
        k.expect(RCX, DR6 | conditions, what + ": DR6");
        set(k, 6, DR6);
    }

    private static void refusals(GuestKit k) {
        k.a.movFromDr(RCX, 7);
        k.expect(RCX, 0x400, "DR7 at the start");
        k.attempt(() -> set(k, 0, Xen.M2P));
        k.expectFault(GP, 0, "a breakpoint in the hypervisor");
        k.attempt(() -> set(k, 7, 1L << 32));
        k.expectFault(GP, 0, "bit 32 of DR7");
        k.attempt(() -> set(k, 7, 0x2_0001));
        k.expectFault(GP, 0, "a port without CR4.DE");
        k.hypercall(Xen.SET_DEBUGREG, 7, 0x2001);
        k.expectResult(-1, "general detect");
        k.hypercall(Xen.SET_DEBUGREG, 8, 0);
        k.expectResult(-19, "DR8");
        k.hypercall(Xen.GET_DEBUGREG, 9);
        k.expectResult(-19, "reading DR9");
    }

    private static void store(GuestKit k) {
        var a = k.a;
        k.area("watched", 16);
        String after = a.fresh("after");
        a.lea(RCX, "watched").movToDr(0, RCX);
        set(k, 7, 0xd_0001);
        k.attempt(() -> {
            a.mov(RCX, Mem.at("watched")).mov(4, Mem.at("watched", 4), 1);
            a.mov(1, Mem.at("watched", 3), 1).label(after).nop();
        });
        k.expectVector(DEBUG, "a store");
        k.expectAddress(Mem.at("exc_rip"), after, "behind the store");
        expectDr6(k, 1, "a store");
    }

    /** Comes to {@code here} by iret, without RF and with it. */
    private static void code(GuestKit k) {
        var a = k.a;
        for (boolean resume : new boolean[] {false, true}) {
            String here = a.fresh("here");
            a.lea(RCX, here).movToDr(3, RCX);
            set(k, 7, 0x40);
            k.attempt(() -> {
                a.mov(RDX, RSP).push(Xen.FLAT_SS).push(RDX).mov(RCX, resume ? 0x1_0202 : 0x202);
                a.push(RCX).push(Xen.KERNEL_CS).lea(RCX, here).push(RCX);
                a.push(0).push(0).push(0).push(0).jmp("iret").label(here).nop();
            });
            k.expectVector(resume ? -1 : DEBUG, resume ? "code, resumed" : "code");
            if (!resume) {
                k.expectAddress(Mem.at("exc_rip"), here, "at the instruction");
            }
            expectDr6(k, resume ? 0 : 8, "code");
        }
    }

    private static void user(GuestKit k) {
        var a = k.a;
        set(k, 7, 0xd_0001);
        k.user(() -> a.mov(1, Mem.at("watched"), 1));
        k.expectVector(DEBUG, "a store of user mode");
        expectDr6(k, 1, "a store of user mode");
        set(k, 7, 0);
        k.attempt(() -> a.mov(1, Mem.at("watched"), 1));
        k.expectVector(-1, "a store without breakpoints");
    }

    /** What a load of SS meets waits for the end of the next instruction (XSA-260, XSA-265). */
    private static void shadow(GuestKit k) {
        var a = k.a;
        a.mov(RCX, Xen.FLAT_SS).mov(2, Mem.at("watched"), RCX);
        set(k, 7, 0xf_0001);
        String behind = a.fresh("behind");
        k.attempt(() -> movSs(a).nop().label(behind).nop());
        k.expectVector(DEBUG, "MOV SS and NOP");
        k.expectAddress(Mem.at("exc_rip"), behind, "behind the NOP");
        expectDr6(k, 1, "MOV SS and NOP");
        // A change of mode takes it along: it is not the kernel's that is entered.
        k.user(() -> movSs(a));
        k.expectVector(GuestRuntime.SYSCALL_VECTOR, "MOV SS and SYSCALL");
        expectDr6(k, 0, "MOV SS and SYSCALL");
        k.user(() -> movSs(a).int3());
        k.expectVector(BREAKPOINT, "MOV SS and INT3");
        expectDr6(k, 0, "MOV SS and INT3");
        set(k, 7, 0);
    }

    /** MOV SS, [watched]. */
    private static Assembler movSs(Assembler a) {
        return a.lea(RCX, "watched").raw(0x8e, 0x11);
    }

    private static void port(GuestKit k) {
        var a = k.a;
        a.movFromCr(RCX, 4).or(RCX, 8).movToCr(4, RCX);
        a.mov(4, Mem.at(k.area("iopl", 8)), 1);
        k.hypercallOn(Xen.PHYSDEV_OP, 6, "iopl");
        set(k, 1, 0x80);
        set(k, 7, 0x0060_0000 | 8);
        a.movFromDr(RCX, 7);
        k.expect(RCX, 0x0060_0408, "DR7 with a breakpoint on ports");
        k.attempt(() -> a.mov(RDX, 0x81).outByte());
        k.expectVector(DEBUG, "a port");
        expectDr6(k, 2, "a port");
        k.attempt(() -> a.mov(RDX, 0x82).outByte());
        k.expectVector(-1, "another port");
        k.attempt(() -> a.movFromDr(RCX, 5));
        k.expectVector(UD, "DR5 with CR4.DE");
        set(k, 7, 0);
        a.movFromCr(RCX, 4).and(RCX, ~8L).movToCr(4, RCX);
    }

    /** TF over an instruction that the hypervisor executes. */
    private static void step(GuestKit k) {
        var a = k.a;
        String stepped = a.fresh("stepped");
        k.attempt(() -> {
            a.pushf().pop(RCX).or(RCX, 0x100).push(RCX).popf();
            a.movFromCr(RCX, 0).label(stepped).nop().nop();
        });
        k.expectVector(DEBUG, "a step through MOV from CR0");
        k.expectAddress(Mem.at("exc_rip"), stepped, "RIP after the step");
        expectDr6(k, 0x4000, "a step");
    }
}
