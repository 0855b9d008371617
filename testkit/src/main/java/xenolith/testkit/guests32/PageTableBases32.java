package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBP;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * A PAE kernel changes its page-table base to and fro: what it read before it finds again, what was
 * changed or rebuilt meanwhile it finds changed, in the kernel and in user mode.
 */
final class PageTableBases32 implements TinyGuest32 {
    private static final int NEW_BASEPTR = 5;
    private static final int ROUNDS = 3;

    /** Where the two address spaces differ: entry 256 of a level-2 table. */
    private static final long DIFFERENT = 0x2000_0000L;

    private static final int SLOT = 8 * 256;

    private static final int TABLE = 0x67;
    private static final int READ_ONLY = 0x61;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        for (String page : new String[] {"l3", "l2", "l2_last", "l1", "l1_own"}) {
            k.area(page, 4096);
        }
        pageOf(k, "one", 1);
        pageOf(k, "two", 2);
        pageOf(k, "three", 3);
        a.mov(RBP, DIFFERENT);
        copyLevel2(k);
        store(k, "l1", 0, "one");
        store(k, "l1_own", 0, "two");
        store(k, "l2", SLOT, "l1");
        // A level-3 entry has no rights of its own.
        k.entryOf("l2", 1);
        a.mov(Mem.at("l3"), RCX).mov(Mem.at("l3", 4), RDX);
        k.entryOf("l2_last", 1);
        a.mov(Mem.at("l3", 24), RCX).mov(Mem.at("l3", 28), RDX);
        for (String page : new String[] {"l1", "l1_own", "l2", "l2_last", "l3"}) {
            readOnly(k, page);
        }
        pin(k);
        ownSlot(k);
        for (int i = 0; i < ROUNDS; i++) {
            other(k);
            expectBoth(k, 1, "the other base");
            own(k);
            expectBoth(k, 2, "the own base");
        }
        changed(k);
        rebuilt(k);
    }

    /** An entry that is changed while another base is loaded. */
    private static void changed(Kit32 k) {
        var a = k.a;
        k.mfnOf("l1");
        a.shl(RAX, 12).mov(Mem.at(k.area("request", 16)), RAX);
        k.entryOf("three", TABLE);
        update(k);
        k.expectResult(0, "mmu_update");
        other(k);
        expectBoth(k, 3, "changed meanwhile");
        own(k);
        expectBoth(k, 2, "the own base, unchanged");
    }

    /** A table that was none for a while, in which the guest stored what it wanted. */
    private static void rebuilt(Kit32 k) {
        k.mfnOf("l3");
        k.mmuext(Xen.UNPIN);
        k.expectResult(0, "unpin");
        k.mapPage("l1", 0x63);
        k.expectResult(0, "a table that is none any more, writable");
        store(k, "l1", 0, "one");
        readOnly(k, "l1");
        pin(k);
        other(k);
        expectBoth(k, 1, "rebuilt meanwhile");
        own(k);
        expectBoth(k, 2, "the own base at the end");
    }

    private static void pageOf(Kit32 k, String page, int value) {
        k.area(page, 4096);
        k.a.mov(Mem.at(page), value);
    }

    /** Puts an entry for {@code page} at {@code offset} of {@code table}. */
    private static void store(Kit32 k, String table, int offset, String page) {
        k.entryOf(page, TABLE);
        k.a.mov(Mem.at(table, offset), RCX).mov(Mem.at(table, offset + 4L), RDX);
    }

    private static void readOnly(Kit32 k, String page) {
        k.mapPage(page, READ_ONLY);
        k.expectResult(0, "read-only: " + page);
    }

    private static void pin(Kit32 k) {
        k.mfnOf("l3");
        k.mmuext(2);
        k.expectResult(0, "pin");
    }

    /** RAX = linear address of the own level-2 table of the first GiB. */
    private static void ownLevel2(Kit32 k) {
        k.a.mov(RAX, Mem.at("start_info")).mov(RAX, Mem.at(RAX, Xen32.PT_BASE));
        k.a.mov(RAX, Mem.at(RAX)).shr(RAX, 12).mov(RBX, Xen32.M2P);
        k.a.mov(RAX, Mem.at(RBX, RAX, 4, 0)).shl(RAX, 12);
    }

    private static void copyLevel2(Kit32 k) {
        ownLevel2(k);
        k.a.mov(RSI, RAX).lea(RDI, "l2").mov(RCX, 4096).repMovsb();
    }

    /** Puts "l1_own" into the own level-2 table. */
    private static void ownSlot(Kit32 k) {
        var a = k.a;
        ownLevel2(k);
        a.shr(RAX, 12).mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen32.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RAX, 4, 0)).shl(RAX, 12).or(RAX, SLOT);
        a.mov(Mem.at(k.area("request", 16)), RAX);
        k.entryOf("l1_own", TABLE);
        update(k);
        k.expectResult(0, "the own slot");
    }

    /** mmu_update of the address in "request" with the entry EDX:ECX. */
    private static void update(Kit32 k) {
        k.a.mov(Mem.at("request", 8), RCX).mov(Mem.at("request", 12), RDX);
        k.a.lea(RBX, "request").mov(RCX, 1).mov(RDX, 0).mov(RSI, Xen.DOMID_SELF);
        k.hypercall(Xen.MMU_UPDATE);
    }

    private static void other(Kit32 k) {
        k.mfnOf("l3");
        k.mmuext(NEW_BASEPTR);
        k.expectResult(0, "a new base");
    }

    private static void own(Kit32 k) {
        k.a.mov(RAX, Mem.at("start_info")).mov(RAX, Mem.at(RAX, Xen32.PT_BASE)).shr(RAX, 12);
        k.a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen32.MFN_LIST));
        k.a.mov(RAX, Mem.at(RDX, RAX, 4, 0));
        k.mmuext(NEW_BASEPTR);
        k.expectResult(0, "the own base again");
    }

    /** What kernel and user mode read at the address in EBP. */
    private static void expectBoth(Kit32 k, int value, String what) {
        k.expect(Mem.at(RBP), value, what);
        k.user(() -> k.a.mov(RCX, Mem.at(RBP)).mov(k.variable("seen"), RCX));
        k.expectVector(6, what + ", user mode");
        k.expect(Mem.at("seen"), value, what + ", user mode");
    }
}
