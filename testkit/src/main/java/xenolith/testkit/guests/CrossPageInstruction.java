package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * An instruction may lie in two pages with frames apart. If the second is not there the fetch
 * faults with cr2 in the second page and RIP at the instruction; if another frame is put there, its
 * bytes count.
 */
final class CrossPageInstruction implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.jmp("cross_start").align(4096).padTo(a.here() + 4096 - 2).label("cross");
        // MOV EAX, imm32: opcode and one byte before the border.
        a.raw(0xb8, 0x11).label("second").raw(0x22, 0x33, 0x44).ret().align(4096);
        a.label("other").raw(0x55, 0x66, 0x77).ret().align(4096);
        a.label("cross_start").call("cross");
        k.expect(RAX, 0x4433_2211L, "the instruction as it was written");
        k.entryOf("other", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("second");
        k.expectResult(0, "putting another frame there");
        a.call("cross");
        k.expect(RAX, 0x7766_5511L, "the instruction with the other page");
        a.mov(RSI, 0);
        k.mapPage("second");
        k.attempt(() -> a.call("cross"));
        k.expectFault(14, 0x10, "fetch from a page that is not there");
        a.lea(RCX, "second");
        k.expectSame(Mem.at("exc_cr2"), RCX, "cr2");
        k.expectAddress(Mem.at("exc_rip"), "cross", "RIP");
    }
}
