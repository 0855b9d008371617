package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * Descriptors of a 32-bit guest get DPL 1 at least and may not be for 64-bit code; a flat one that
 * ends within the hole ends at 4 GiB. What they say of base, limit and type holds.
 */
final class Segments32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;

        k.area("gdt", 4096);
        k.area("frames", 16);
        a.mov(RAX, Mem.at("start_info"));
        set(k, 1, 0x00af_9b00_0000_ffffL);
        setGdt(k);
        k.expectResult(Xen.EINVAL, "64-bit code");
        k.mapPage("gdt", 0x63);
        // A page of data with DPL 0, read-only data, flat data up to 0xf67fffff, based code.
        set(k, 1, 0x0040_9200_0000_0fffL);
        set(k, 2, 0x00cf_b000_0000_ffffL);
        set(k, 3, 0x00cf_b200_0000_67ffL);
        base(k, 1, "data");
        k.area("data", 4096);
        set(k, 4, 0x00cf_ba00_0000_ffffL);
        base(k, 4, "far");
        setGdt(k);
        k.expectResult(0, "set_gdt");
        a.mov(RCX, Mem.at("gdt", 8 + 4)).shr(RCX, 13).and(RCX, 3);
        k.expect(RCX, 1, "DPL of data with DPL 0");
        a.movzx(RCX, 2, Mem.at("gdt", 24));
        k.expect(RCX, 0xffff, "the limit of flat data");
        a.mov(RAX, 0x09).movToSegment(0, RAX);
        k.attempt(() -> a.raw(0x26, 0xa1).data(0xffc, 4));
        k.expectVector(-1, "the last word");
        k.attempt(() -> a.raw(0x26, 0xa1).data(0xffd, 4));
        k.expectFault(13, 0, "beyond the limit");
        a.mov(RAX, 0x11).movToSegment(0, RAX);
        k.attempt(() -> a.raw(0x26, 0xa3).data(0x1000, 4));
        k.expectFault(13, 0, "a store to read-only data");
        a.mov(RAX, 0).movToSegment(0, RAX);
        k.attempt(() -> a.raw(0x26, 0xa1).data(0x1000, 4));
        k.expectFault(13, 0, "a null selector");
        k.attempt(() -> a.mov(RAX, 0x31).movToSegment(0, RAX));
        k.expectFault(13, 0x30, "an empty descriptor");
        a.mov(RAX, Xen32.KERNEL_DS).movToSegment(0, RAX);
        // A far call into based code, whose addresses begin at 0, and back.
        a.mov(RCX, 0).callFar(0x21, 0);
        k.expect(RCX, 77, "based code");
        k.attempt(() -> a.callFar(0x1007, 0));
        k.expectFault(13, 0x1004, "an LDT that is not there");
        String over = a.fresh("over");
        a.jmp(over).label("far").mov(RCX, 77).raw(0xcb).label(over);
    }

    private static void set(Kit32 k, int n, long descriptor) {
        k.a.mov(Mem.at("gdt", 8L * n), descriptor & 0xffff_ffffL);
        k.a.mov(Mem.at("gdt", 8L * n + 4), descriptor >>> 32);
    }

    /** Sets the base of descriptor {@code n}, which was 0. */
    private static void base(Kit32 k, int n, String label) {
        k.a.lea(RAX, label).mov(RCX, RAX).shl(RCX, 16).or(Mem.at("gdt", 8L * n), RCX);
        k.a.shr(RAX, 16).mov(1, Mem.at("gdt", 8L * n + 4), RAX);
    }

    /** EAX is the result. */
    private static void setGdt(Kit32 k) {
        k.mapPage("gdt", 0x61);
        k.mfnOf("gdt");
        k.a.mov(Mem.at("frames"), RAX).lea(RBX, "frames").mov(RCX, 8);
        k.hypercall(Xen.SET_GDT);
    }
}
