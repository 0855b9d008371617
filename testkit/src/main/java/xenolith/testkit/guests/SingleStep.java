package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;

/**
 * With TF set #DB comes after the next instruction, not after the POPF that set it; the handler is
 * entered with TF clear, the frame shows it set, and DR6.BS tells the reason.
 */
final class SingleStep implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        String stepped = a.fresh("stepped");
        k.attempt(() ->
                a.pushf().pop(RCX).or(RCX, 0x100).push(RCX).popf().nop().label(stepped).nop());
        k.expectFault(1, -1, "single step");
        k.expectAddress(Mem.at("exc_rip"), stepped, "RIP in the frame");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x100);
        k.expect(RCX, 0x100, "TF in the frame");
        a.mov(RCX, Mem.at("exc_now")).and(RCX, 0x100);
        k.expect(RCX, 0, "TF in the handler");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x1_0000);
        k.expect(RCX, 0, "RF in the frame of a trap");
        k.attempt(() -> a.movFromDr(RCX, 6));
        k.expectVector(-1, "MOV from DR6");
        a.and(RCX, 0x4000);
        k.expect(RCX, 0x4000, "DR6.BS");
    }
}
