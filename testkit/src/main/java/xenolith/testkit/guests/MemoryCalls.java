package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;

/**
 * memory_op: a memory map is there once it was set; two single frames are exchanged for an extent
 * of order 1; a frame goes by decrease_reservation and comes by populate_physmap; what is for
 * translated domains is EACCES, and a reservation that cannot be read is 0 extents.
 */
final class MemoryCalls implements TinyGuest {
    private static final int MEMORY_OP = 12;
    private static final int DECREASE = 1;
    private static final int POPULATE = 6;
    private static final int ADD_TO_PHYSMAP = 7;
    private static final int MEMORY_MAP = 9;
    private static final int MACHINE_MEMORY_MAP = 10;
    private static final int EXCHANGE = 11;
    private static final int SET_MEMORY_MAP = 13;
    private static final int EPERM = -1;
    private static final int EACCES = -13;

    @Override
    public void body(GuestKit k) {
        memoryMap(k);
        exchange(k);
        reservations(k);
    }

    private static void memoryMap(GuestKit k) {
        var a = k.a;
        k.area("args", 96);
        k.area("rows", 64);
        k.area("seen", 64);
        a.mov(4, Mem.at("args"), 3).lea(RAX, "seen").mov(Mem.at("args", 8), RAX);
        k.hypercallOn(MEMORY_OP, MEMORY_MAP, "args");
        k.expectResult(0, "memory_map as the toolstack set it");
        a.mov(4, RCX, Mem.at("args"));
        k.expect(RCX, 1, "rows as the toolstack set them");
        k.expect(Mem.at("seen"), 0, "start of the toolstack's row");
        k.hypercallOn(MEMORY_OP, MACHINE_MEMORY_MAP, "args");
        k.expectResult(EPERM, "machine_memory_map");
        a.mov(Mem.at("rows", 8), 0x80_0000).mov(4, Mem.at("rows", 16), 1);
        a.mov(4, Mem.at("args"), Xen.DOMID_SELF).mov(4, Mem.at("args", 8), 1);
        a.lea(RAX, "rows").mov(Mem.at("args", 16), RAX);
        k.hypercallOn(MEMORY_OP, SET_MEMORY_MAP, "args");
        k.expectResult(0, "set_memory_map");
        a.mov(4, Mem.at("args"), 3).lea(RAX, "seen").mov(Mem.at("args", 8), RAX);
        k.hypercallOn(MEMORY_OP, MEMORY_MAP, "args");
        k.expectResult(0, "memory_map");
        a.mov(4, RCX, Mem.at("args"));
        k.expect(RCX, 1, "rows");
        k.expect(Mem.at("seen", 8), 0x80_0000, "size of the row");
    }

    /** Unmaps {@code page} and puts its frame at {@code offset} of the list. */
    private static void give(GuestKit k, String page, int offset) {
        k.area(page, 4096);
        k.mfnOf(page);
        k.a.mov(Mem.at(k.area("list", 32), offset), RAX).mov(RSI, 0);
        k.mapPage(page);
        k.expectResult(0, "unmapping");
    }

    private static void extents(GuestKit k, int at, int list, int count, int order) {
        var a = k.a;
        a.lea(RAX, Mem.at("list", list)).mov(Mem.at("args", at), RAX);
        a.mov(Mem.at("args", at + 8L), count).mov(Mem.at("args", at + 16L), order);
        a.mov(Mem.at("args", at + 24L), Xen.DOMID_SELF);
    }

    private static void exchange(GuestKit k) {
        var a = k.a;
        give(k, "one", 0);
        give(k, "two", 8);
        a.mov(Mem.at("list", 16), 0x55);
        extents(k, 0, 0, 2, 0);
        extents(k, 32, 16, 1, 1);
        a.mov(Mem.at("args", 64), 0);
        k.hypercallOn(MEMORY_OP, EXCHANGE, "args");
        k.expectResult(0, "exchange");
        k.expect(Mem.at("args", 64), 2, "extents that were exchanged");
        a.mov(RCX, Mem.at("list", 16)).mov(RAX, Xen.M2P);
        k.expect(Mem.at(RAX, RCX, 8, 8), 0x56, "number of the second frame");
        k.hypercallOn(MEMORY_OP, EXCHANGE, "args");
        k.expectResult(0, "exchanging what was exchanged");
        a.mov(Mem.at("args", 64), 0);
        k.hypercallOn(MEMORY_OP, EXCHANGE, "args");
        k.expectResult(Xen.EINVAL, "exchanging frames that are gone");
        k.expect(Mem.at("args", 64), 0, "extents that were exchanged then");
        a.mov(4, Mem.at("args", 48), 10);
        k.hypercallOn(MEMORY_OP, EXCHANGE, "args");
        k.expectResult(EPERM, "an order of 10");
    }

    private static void reservations(GuestKit k) {
        var a = k.a;
        a.mov(RAX, Mem.at("list", 16)).mov(Mem.at("list"), RAX);
        extents(k, 0, 0, 1, 1);
        k.hypercallOn(MEMORY_OP, DECREASE, "args");
        k.expectResult(1, "decrease_reservation of order 1");
        k.hypercallOn(MEMORY_OP, DECREASE, "args");
        k.expectResult(0, "decrease_reservation of what is gone");
        a.mov(Mem.at("list"), 0x77);
        k.hypercallOn(MEMORY_OP, POPULATE, "args");
        k.expectResult(1, "populate_physmap of order 1");
        a.mov(RCX, Mem.at("list")).mov(RAX, Xen.M2P);
        k.expect(Mem.at(RAX, RCX, 8, 0), 0x77, "number of the new frame");
        a.mov(Mem.at("args", 24), 99);
        k.hypercallOn(MEMORY_OP, POPULATE, "args");
        k.expectResult(0, "populate_physmap of another domain");
        a.mov(Mem.at("args"), Xen.DOMID_SELF);
        k.hypercallOn(MEMORY_OP, ADD_TO_PHYSMAP, "args");
        k.expectResult(EACCES, "add_to_physmap");
        k.hypercall(MEMORY_OP, DECREASE, 8);
        k.expectResult(0, "a reservation that cannot be read");
    }
}
