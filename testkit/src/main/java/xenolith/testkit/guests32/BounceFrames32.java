package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * An exception pushes EFLAGS, CS with the event mask beside it, EIP and the error code; from ring 3
 * SS and ESP before that, on the stack of stack_switch. IF in the frame is the mask's opposite.
 */
final class BounceFrames32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.attempt(a::ud2);
        k.expectVector(6, "kernel");
        a.mov(RCX, Mem.at("exc_resume_sp")).sub(RCX, 12);
        k.expectSame(RCX, Mem.at("exc_frame"), "three words on the kernel's own stack");
        k.expect(Mem.at("exc_cs"), 0x1_0000 | Xen32.KERNEL_CS, "kernel CS, events masked");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x3200);
        k.expect(RCX, 0, "IF and IOPL");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x1_0000);
        k.expect(RCX, 0x1_0000, "RF in the frame of a fault");
        k.user(a::ud2);
        k.expectVector(6, "user");
        k.expectAddress(Mem.at("exc_frame"), "exc_stack", 8192 - 20, "five words");
        k.expect(Mem.at("exc_cs"), Xen32.USER_CS, "user CS, events not masked");
        k.expect(Mem.at("exc_ss"), Xen32.USER_DS, "user SS");
        k.expectAddress(Mem.at("exc_esp"), "user_stack", 4096, "user ESP");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x3200);
        k.expect(RCX, 0x200, "IF of user mode");
        // A page without U: present, from user mode.
        k.user(() -> a.mov(RAX, Mem.at("shared")));
        k.expectFault(14, 5, "the kernel's page");
        k.expectAddress(Mem.at("exc_cr2"), "shared", 0, "cr2");
        k.attempt(() -> a.mov(RAX, Mem.absolute(0x7000_0000)));
        k.expectFault(14, 0, "no page");
    }
}
