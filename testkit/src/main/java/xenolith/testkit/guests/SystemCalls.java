package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * SYSCALL in user mode enters the syscall callback on the kernel stack with the flat selectors in
 * the frame; RCX and R11 are what the instruction left there: return address and flags. DF is
 * cleared for the callback.
 */
final class SystemCalls implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        String behind = a.fresh("behind");
        k.user(() -> a.std().mov(RAX, 0x1234).syscall().label(behind).nop());
        k.expectVector(0x100, "SYSCALL in user mode");
        k.expectAddress(Mem.at("exc_rip"), behind, "RIP in the frame");
        k.expectAddress(Mem.at("exc_rcx"), behind, "RCX");
        k.expect(Mem.at("exc_rax"), 0x1234, "RAX");
        k.expect(Mem.at("exc_cs"), Xen.USER_CS, "CS in the frame");
        k.expect(Mem.at("exc_ss"), Xen.FLAT_SS, "SS in the frame");
        a.mov(RCX, Mem.at("exc_now")).and(RCX, 0x400);
        k.expect(RCX, 0, "DF in the callback");
        a.mov(RCX, Mem.at("exc_r11")).and(RCX, 0x400);
        k.expect(RCX, 0x400, "DF in R11");
        a.cld().lea(RCX, Mem.at("exc_stack", 8192 - 56));
        k.expectSame(Mem.at("exc_frame"), RCX, "address of the frame");
    }
}
