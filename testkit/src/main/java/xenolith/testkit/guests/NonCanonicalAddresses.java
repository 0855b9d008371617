package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBP;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;

/**
 * A non-canonical address is #GP(0), but #SS(0) if the operand is in the stack segment: relative to
 * RSP or RBP, or pushed. Tried in user mode, where the fault does not need the stack.
 */
final class NonCanonicalAddresses implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.user(() -> a.mov(RAX, 0x8000_0000_0000L).mov(RAX, Mem.at(RAX)));
        k.expectFault(13, 0, "read through RAX");
        k.user(() -> a.mov(RBP, 0x8000_0000_0000L).mov(RAX, Mem.at(RBP, 8)));
        k.expectFault(12, 0, "read through RBP");
        k.user(() -> a.mov(RSP, 0x8000_0000_0000L).mov(Mem.at(RSP), RAX));
        k.expectFault(12, 0, "write through RSP");
        k.user(() -> a.mov(RSP, 0x8000_0000_0010L).push(RAX));
        k.expectFault(12, 0, "PUSH");
        k.user(() -> a.mov(RSP, 0x8000_0000_0000L).pop(RAX));
        k.expectFault(12, 0, "POP");
        k.user(() -> a.mov(RSP, 0x8000_0000_0000L).ret());
        k.expectFault(12, 0, "RET");
        k.user(() -> a.mov(RBP, 0x8000_0000_0000L).raw(0x3e, 0x48, 0x8b, 0x45, 0x00));
        k.expectFault(12, 0, "read through RBP with a DS prefix, which counts for nothing");
        k.user(() -> a.mov(RAX, 0x8000_0000_0000L).jmp(RAX));
        k.expectFault(13, 0, "JMP");
    }
}
