package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * An iret hypercall to an address or a selector that cannot be reached does not return to the
 * caller: the guest's kernel gets #GP, or the failsafe callback, and lives on.
 */
final class BadIret implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        for (long[] target :
                new long[][] {{0x8000_0000_0000L, Xen.USER_CS}, {GuestKit.ORIGIN, 0x3fb}}) {
            k.attempt(() -> {
                a.mov(RCX, RSP).push(Xen.FLAT_SS).push(RCX).push(0x202).push(target[1]);
                a.mov(RAX, target[0]).push(RAX).push(0).push(0).push(0).push(0).jmp("iret");
            });
            String ok = a.fresh("ok");
            a.mov(RCX, Mem.at("exc_vector")).cmp(RCX, 13).j(Cond.E, ok);
            a.cmp(RCX, 11).j(Cond.E, ok);
            k.expect(RCX, 0x102, "#GP or the failsafe callback");
            a.label(ok);
        }
    }
}
