package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * A store to code takes effect at the next branch at the latest; on real processors even for the
 * instruction right behind the store. The guest changes the immediate of a function again and
 * again, through its own mapping and through a second one.
 */
final class SelfModifyingCode implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("alias", 4096);
        a.jmp("smc_start").align(4096).label("smc_page").label("smc").mov(4, RAX, 0).ret();
        a.align(4096).label("smc_start");
        a.mov(RBX, 0);
        String loop = a.fresh("loop");
        a.label(loop).mov(4, Mem.at("smc_page", 2), RBX).call("smc");
        k.expectSame(RAX, RBX, "what the changed function gave");
        a.inc(RBX).cmp(RBX, 5000).j(Cond.NE, loop);
        k.entryOf("smc_page", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("alias");
        k.expectResult(0, "second mapping");
        String again = a.fresh("again");
        a.label(again).mov(4, Mem.at("alias", 2), RBX).call("smc");
        k.expectSame(RAX, RBX, "what the function changed by its alias gave");
        a.inc(RBX).cmp(RBX, 6000).j(Cond.NE, again);
        // The instruction right behind the store.
        String next = a.fresh("next");
        a.mov(4, Mem.at(next, 1), 0x77).label(next).raw(0xb9, 0, 0, 0, 0);
        k.expect(RCX, 0x77, "immediate of the instruction behind the store");
    }
}
