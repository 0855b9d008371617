package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * A level-3 table has four entries, and the last one's table is its alone: the hypervisor's entries
 * are put there, from 0xf5800000 on. What names no table there, or that of another, is no level-3
 * table.
 */
final class ThirdSlot32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.area("l3", 4096);
        k.area("l2", 4096);
        a.mov(RCX, Mem.at("start_info")).mov(RCX, Mem.at(RCX, Xen32.PT_BASE));
        a.mov(RAX, Mem.at(RCX, 24)).mov(Mem.at("l3", 24), RAX);
        pinL3(k, "l3");
        k.expectResult(Xen.EINVAL, "the level-2 table of another table");
        writable(k, "l3");
        a.mov(Mem.at("l3", 24), 0);
        pinL3(k, "l3");
        k.expectResult(Xen.EINVAL, "an empty slot 3");
        writable(k, "l3");
        k.entryOf("l2", 0x61);
        a.mov(Mem.at("l3", 24), RCX).mov(Mem.at("l3", 28), RDX);
        // Beyond the four entries anything may stand.
        a.mov(Mem.at("l3", 32), -1);
        k.mapPage("l2", 0x61);
        pinL3(k, "l3");
        k.expectResult(0, "a table of its own");
        k.expect(Mem.at("l3", 32), 0, "a fifth entry");
        a.mov(RCX, Mem.at("l2", 8 * 428)).and(RCX, 1);
        k.expect(RCX, 1, "the hypervisor's first entry");
        k.mfnOf("l3");
        a.shl(RAX, 12).add(RAX, 24).mov(Mem.at(k.area("request", 16)), RAX);
        update(k);
        k.expectResult(Xen.EINVAL, "an update of slot 3");
        k.mfnOf("l2");
        a.shl(RAX, 12).add(RAX, 8 * 428).mov(Mem.at("request"), RAX);
        update(k);
        k.expectResult(-1, "an update of the hypervisor's entry");
        k.mfnOf("l2");
        k.mmuext(1);
        k.expectResult(Xen.EINVAL, "a pin as an ordinary level-2 table");
        k.mfnOf("l3");
        k.mmuext(Xen.UNPIN);
        k.expectResult(0, "unpinning");
        k.mfnOf("l3");
        k.mmuext(3);
        k.expectResult(0, "a pin at level 4, of which nothing comes");
        writable(k, "l3");
    }

    private static void writable(Kit32 k, String page) {
        k.mapPage(page, 0x63);
        k.expectResult(0, "writable again: " + page);
    }

    /** EAX is the result. */
    private static void pinL3(Kit32 k, String page) {
        k.mapPage(page, 0x61);
        k.mfnOf(page);
        k.mmuext(2);
    }

    private static void update(Kit32 k) {
        k.a.lea(RBX, "request").mov(RCX, 1).mov(RDX, 0).mov(RSI, Xen.DOMID_SELF);
        k.hypercall(Xen.MMU_UPDATE);
    }
}
