package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBP;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * A PAE kernel writes entries in halves, or both at once by CMPXCHG8B; with the assist on, stores
 * to level-1 tables are checked and done. A half that would make a page table writable is a fault.
 */
final class WritablePageTables32 implements TinyGuest32 {
    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.area("page", 4096);
        entryOfPage(k);
        k.attempt(() -> a.mov(Mem.at(RBP, 4), 0));
        k.expectFault(14, 3, "a store without the assist");
        k.hypercall(Xen.VM_ASSIST, 0, 2);
        k.expectResult(0, "vm_assist");
        k.hypercall(Xen.VM_ASSIST, 0, 32);
        k.expectResult(Xen.EINVAL, "m2p_strict");
        a.mov(RCX, Mem.at(RBP)).and(RCX, ~2L);
        k.attempt(() -> a.mov(Mem.at(RBP), RCX));
        k.expectVector(-1, "the lower half");
        k.attempt(() -> a.mov(Mem.at("page"), RAX));
        k.expectFault(14, 3, "a page made read-only");
        // lock cmpxchg8b [ebp]: from EDX:EAX to ECX:EBX.
        a.mov(RAX, Mem.at(RBP)).mov(RDX, Mem.at(RBP, 4)).mov(RBX, RAX).or(RBX, 2).mov(RCX, RDX);
        k.attempt(() -> a.mov(RAX, Mem.at(RBP)).lock().raw(0x0f, 0xc7, 0x4d, 0));
        k.expectVector(-1, "cmpxchg8b");
        k.attempt(() -> a.mov(Mem.at("page"), RAX));
        k.expectVector(-1, "a page made writable");
        a.mov(RCX, RBP).shr(RCX, 12).mov(RAX, Mem.at("start_info"));
        a.mov(RAX, Mem.at(RAX, Xen32.MFN_LIST)).mov(RCX, Mem.at(RAX, RCX, 4, 0));
        a.shl(RCX, 12).or(RCX, 3);
        k.attempt(() -> a.mov(Mem.at(RBP), RCX));
        k.expectFault(14, 3, "a page table made writable");
        halves(k);
    }

    /** With its upper half first an entry names a frame that there is not, until the lower half. */
    private static void halves(Kit32 k) {
        var a = k.a;
        // lock or dword [ebp + 4], 1.
        k.attempt(() -> a.mov(RAX, Mem.at(RBP)).lock().raw(0x83, 0x4d, 4, 1));
        k.expectFault(14, 3, "the upper half, with a LOCK prefix");
        k.attempt(() -> a.mov(Mem.at(RBP, 4), 1));
        k.expectVector(-1, "the upper half");
        a.mov(RAX, Mem.at(RBP)).and(RAX, 1);
        k.expect(RAX, 0, "bit P meanwhile");
        k.expect(Mem.at(RBP, 4), 1, "the upper half");
        k.attempt(() -> a.mov(RAX, Mem.at("page")));
        k.expectFault(14, 0, "a page that is not present");
        a.mov(RCX, Mem.at(RBP)).or(RCX, 1);
        k.attempt(() -> a.mov(Mem.at(RBP), RCX));
        k.expectFault(14, 3, "the lower half of no frame");
        k.attempt(() -> a.mov(Mem.at(RBP, 4), 0));
        k.expectVector(-1, "the upper half again");
        k.attempt(() -> a.mov(Mem.at(RBP), RCX));
        k.expectVector(-1, "the lower half again");
        k.attempt(() -> a.mov(RAX, Mem.at("page")));
        k.expectVector(-1, "a page that is present");
    }

    /** EBP = linear address of the level-1 entry of "page". */
    private static void entryOfPage(Kit32 k) {
        var a = k.a;
        a.mov(RBX, Xen32.M2P);
        a.mov(RAX, Mem.at("start_info")).mov(RAX, Mem.at(RAX, Xen32.PT_BASE));
        for (int level = 3; level > 1; level--) {
            a.mov(RAX, Mem.at(RAX)).shr(RAX, 12).mov(RAX, Mem.at(RBX, RAX, 4, 0)).shl(RAX, 12);
        }
        a.lea(RCX, "page").shr(RCX, 12).lea(RBP, Mem.at(RAX, RCX, 8, 0));
    }
}
