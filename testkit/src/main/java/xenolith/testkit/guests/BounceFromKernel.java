package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R11;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;

/**
 * An exception in kernel mode is bounced on the current stack, rounded down to 16 bytes: RCX, R11,
 * RIP, CS, RFLAGS, RSP, SS. CS has its low two bits cleared, and bits 32 to 39 hold the old event
 * mask. The guest raises #UD from an odd stack pointer with known registers and looks at each word.
 */
final class BounceFromKernel implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        String site = a.fresh("site");
        k.attempt(() -> {
            a.mov(RCX, 0x1111).mov(R11, 0x2222).sub(RSP, 8);
            a.mov(k.variable("sp"), RSP).label(site).ud2();
        });
        k.expectFault(6, -1, "#UD in kernel mode");
        k.expect(Mem.at("exc_rcx"), 0x1111, "RCX in the frame");
        k.expect(Mem.at("exc_r11"), 0x2222, "R11 in the frame");
        k.expectAddress(Mem.at("exc_rip"), site, "RIP in the frame");
        k.expect(Mem.at("exc_cs"), 0x1_0000_e030L, "CS and mask in the frame");
        k.expect(Mem.at("exc_ss"), Xen.FLAT_SS, "SS in the frame");
        k.expectSame(Mem.at("exc_rsp"), Mem.at("sp"), "RSP in the frame");
        a.mov(RCX, Mem.at("sp")).and(RCX, -16).sub(RCX, 56);
        k.expectSame(Mem.at("exc_frame"), RCX, "address of the frame");
        a.mov(RAX, Mem.at("exc_flags")).and(RAX, 0x200).mov(RDX, 0);
        a.mov(k.variable("flags"), RAX);
        k.expect(Mem.at("flags"), 0, "IF in the frame while events are masked");
        k.expect(Mem.at("exc_mask"), 1, "the mask inside the handler");
        a.mov(RCX, Mem.at("exc_flags")).and(RCX, 0x1_0000);
        k.expect(RCX, 0x1_0000, "RF in the frame of a fault");
        a.mov(RCX, Mem.at("exc_now")).and(RCX, 0x1_0000);
        k.expect(RCX, 0, "RF in the handler");
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0);
        k.attempt(() -> a.ud2());
        k.expect(Mem.at("exc_cs"), Xen.KERNEL_CS, "CS with events allowed");
        a.mov(RAX, Mem.at("exc_flags")).and(RAX, 0x200).mov(Mem.at("flags"), RAX);
        k.expect(Mem.at("flags"), 0x200, "IF in the frame while events are allowed");
    }
}
