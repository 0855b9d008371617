package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * set_gdt takes frames that are not mapped writable and hold only descriptors that a guest may
 * have: a system descriptor or a gate makes it fail. A good table can be loaded from.
 */
final class DescriptorTables implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("gdt", 4096);
        k.area("frames", 8);
        k.mfnOf("gdt");
        a.mov(Mem.at("frames"), RAX);
        setGdt(k);
        k.expectRefusal("a frame that is mapped writable");
        a.mov(RCX, 0x00cf_f300_0000_ffffL).mov(Mem.at("gdt", 8), RCX);
        a.mov(RCX, 0x0000_8900_0000_ffffL).mov(Mem.at("gdt", 16), RCX);
        k.entryOf("gdt", 0x65);
        a.mov(RSI, RAX);
        k.mapPage("gdt");
        setGdt(k);
        k.expectRefusal("a table with a task-state segment");
        k.entryOf("gdt", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("gdt");
        k.expectResult(0, "mapping it writable after the failure");
        a.mov(Mem.at("gdt", 16), 0);
        k.entryOf("gdt", 0x65);
        a.mov(RSI, RAX);
        k.mapPage("gdt");
        setGdt(k);
        k.expectResult(0, "a good table");
        k.attempt(() -> a.mov(RCX, 0xb).movToSegment(3, RCX));
        k.expectVector(-1, "loading DS");
        k.attempt(() -> a.mov(RCX, 0x13).movToSegment(3, RCX));
        k.expectFault(13, 0x10, "loading an empty descriptor");
        k.entryOf("gdt", 0x67);
        a.mov(RSI, RAX);
        k.mapPage("gdt");
        k.expectRefusal("mapping a table in use writable");
    }

    private static void setGdt(GuestKit k) {
        k.a.lea(RDI, "frames").mov(RSI, 3);
        k.hypercall(Xen.SET_GDT);
    }
}
