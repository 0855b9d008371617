package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * Copies by grant: of a part of a page only within it, across the end of a page never, by frame
 * number only of DOMID_SELF. A grant of a part of a page cannot be mapped. Two grants change
 * places; a page that is mapped cannot be transferred, one that nobody maps is lost even if nobody
 * takes it.
 */
final class GrantCopies implements TinyGuest {
    private static final int PART = 10;
    private static final int WHOLE = 11;

    @Override
    public void body(GuestKit k) {
        var a = k.a;
        GrantKit g = new GrantKit(k);
        g.findDomid();
        g.mapTable();
        g.setVersion(2);
        k.expectResult(0, "version 2");
        k.area("source", 4096);
        k.area("dest", 4096);
        grant(k, PART, "source", 0x101);
        a.mov(4, Mem.at("grants", 16 * PART + 4), 8 << 16 | 64);
        grant(k, WHOLE, "dest", 1);
        g.map("mapped", PART, 2, -1);
        a.mov(RCX, 0x1122_3344_5566L).mov(Mem.at("source", 64), RCX);
        copy(k, g, 64, 4088, 8, 0, "within the part");
        k.expect(Mem.at("dest", 4088), 0x1122_3344_5566L, "what was copied");
        copy(k, g, 63, 0, 8, -1, "before the part");
        copy(k, g, 65, 0, 8, -1, "behind the part");
        copy(k, g, 64, 4089, 8, -10, "across the page");
        a.movzx(RCX, 2, Mem.at("grants", 16 * WHOLE));
        k.expect(RCX, 1, "flags after all copies");
        byNumber(k, g);
        swap(k, g);
        transfer(k, g);
    }

    private static void grant(GuestKit k, int ref, String page, int flags) {
        var a = k.a;
        k.mfnOf(page);
        a.mov(Mem.at("grants", 16L * ref + 8), RAX);
        a.mov(RAX, Mem.at("domid")).shl(RAX, 16).or(RAX, flags);
        a.mov(4, Mem.at("grants", 16L * ref), RAX);
    }

    private static void copy(
            GuestKit k, GrantKit g, int from, int to, int length, int status, String what) {
        var a = k.a;
        a.mov(Mem.at("grant_args"), PART).mov(Mem.at("grant_args", 16), WHOLE);
        a.mov(RAX, Mem.at("domid")).mov(Mem.at("grant_args", 8), RAX);
        a.mov(Mem.at("grant_args", 24), RAX);
        a.mov(2, Mem.at("grant_args", 10), from).mov(2, Mem.at("grant_args", 26), to);
        a.mov(4, Mem.at("grant_args", 32), 3 << 16 | length);
        g.op(GrantKit.COPY);
        k.expectResult(0, what);
        g.status(36, status, what);
    }

    private static void byNumber(GuestKit k, GrantKit g) {
        var a = k.a;
        for (boolean self : new boolean[] {true, false}) {
            k.mfnOf("source");
            a.mov(Mem.at("grant_args"), RAX).mov(Mem.at("grant_args", 16), WHOLE);
            a.mov(RAX, Mem.at("domid")).mov(Mem.at("grant_args", 24), RAX);
            if (self) {
                a.mov(RAX, Xen.DOMID_SELF);
            }
            a.mov(Mem.at("grant_args", 8), RAX).mov(4, Mem.at("grant_args", 32), 2 << 16 | 8);
            g.op(GrantKit.COPY);
            g.status(36, self ? 0 : -8, self ? "own frame" : "a frame by domain number");
        }
    }

    private static void swap(GuestKit k, GrantKit g) {
        var a = k.a;
        a.mov(4, Mem.at("grant_args"), PART).mov(4, Mem.at("grant_args", 4), WHOLE);
        g.op(GrantKit.SWAP);
        k.expectResult(0, "swap_grant_ref");
        g.status(8, 0, "swap_grant_ref");
        a.movzx(RCX, 2, Mem.at("grants", 16 * WHOLE));
        k.expect(RCX, 0x101, "flags after swapping");
    }

    private static void transfer(GuestKit k, GrantKit g) {
        var a = k.a;
        k.area("sent", 4096);
        k.mfnOf("sent");
        a.mov(k.variable("sent_mfn"), RAX);
        send(k, g);
        g.status(16, -9, "transferring a page that is mapped");
        a.mov(Mem.at("sent", 8), 0x77);
        a.mov(RSI, 0);
        k.mapPage("sent");
        // The guest sends the page to itself: it is asked for as frame 5.
        a.mov(RAX, Mem.at("domid")).shl(RAX, 16).or(RAX, 2);
        a.mov(4, Mem.at("grants", 16 * 20), RAX).mov(Mem.at("grants", 16 * 20 + 8), 5);
        send(k, g);
        g.status(16, 0, "transferring it");
        a.movzx(RCX, 2, Mem.at("grants", 16 * 20));
        k.expect(RCX, 0xe, "flags of the grant that took it");
        k.expectSame(Mem.at("grants", 16 * 20 + 8), Mem.at("sent_mfn"), "frame of that grant");
        a.mov(RCX, Mem.at("sent_mfn")).mov(RAX, Xen.M2P);
        k.expect(Mem.at(RAX, RCX, 8, 0), 5, "its pseudo-physical number");
        send(k, g);
        g.status(16, -1, "transferring it without a grant that takes it");
        send(k, g);
        g.status(16, -9, "transferring what is lost");
    }

    private static void send(GuestKit k, GrantKit g) {
        var a = k.a;
        a.mov(RAX, Mem.at("sent_mfn")).mov(Mem.at("grant_args"), RAX);
        a.mov(RAX, Mem.at("domid")).mov(4, Mem.at("grant_args", 8), RAX);
        a.mov(4, Mem.at("grant_args", 12), 20);
        g.op(GrantKit.TRANSFER);
        k.expectResult(0, "transfer");
    }
}
