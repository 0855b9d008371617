package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * A grant table becomes one of version 2 and back: entries are cleared but for the toolstack's,
 * what is in use is told in status frames, and neither a grant in use nor a mapped status frame
 * lets the version change.
 */
final class GrantVersions implements TinyGuest {
    private static final int REF = 9;

    @Override
    public void body(GuestKit k) {
        var a = k.a;
        GrantKit g = new GrantKit(k);
        g.findDomid();
        g.mapTable();
        a.mov(RCX, Mem.at("grants", 8));
        a.mov(k.variable("reserved"), RCX);
        g.version(1);
        g.setVersion(2);
        k.expectResult(0, "version 2");
        g.version(2);
        // The entry of the console: flags and domid, then the frame in its new place.
        a.mov(4, RCX, Mem.at("grants", 16)).mov(4, RAX, Mem.at("reserved"));
        a.and(RAX, 7);
        a.and(RCX, 0xffff);
        k.expectSame(RCX, RAX, "flags of the console's entry");
        a.mov(RCX, Mem.at("grants", 24)).mov(RAX, Mem.at("reserved")).shr(RAX, 32);
        k.expectSame(RCX, RAX, "frame of the console's entry");
        g.statusFrame();
        a.mov(RSI, Mem.at("frame_list")).shl(RSI, 12).or(RSI, 0x65);
        k.mapPage(k.area("status", 4096));
        k.expectResult(0, "mapping the status frame");
        k.area("granted", 4096);
        k.mfnOf("granted");
        a.mov(Mem.at("grants", 16 * REF + 8), RAX);
        a.mov(RAX, Mem.at("domid")).shl(RAX, 16).or(RAX, 1);
        a.mov(4, Mem.at("grants", 16 * REF), RAX);
        g.map("mapped", REF, 2, 0);
        a.mov(RCX, 0x1234).mov(Mem.at("mapped"), RCX);
        k.expect(Mem.at("granted"), 0x1234, "what was written through the mapping");
        a.movzx(RCX, 2, Mem.at("status", 2 * REF));
        k.expect(RCX, 0x18, "status while mapped for writing");
        g.setVersion(1);
        k.expectResult(Xen.EBUSY, "version 1 while a grant is mapped");
        g.unmap("mapped", 0);
        a.movzx(RCX, 2, Mem.at("status", 2 * REF));
        k.expect(RCX, 0, "status after unmapping");
        g.setVersion(1);
        k.expectResult(Xen.EBUSY, "version 1 while a status frame is mapped");
        g.version(2);
        a.mov(RSI, 0);
        k.mapPage("status");
        g.setVersion(1);
        k.expectResult(0, "version 1");
        g.setVersion(3);
        k.expectResult(Xen.EINVAL, "version 3");
        g.version(1);
    }
}
