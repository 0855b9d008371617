package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs;
import xenolith.testkit.asm.Mem;

/**
 * A processor that comes back to a vCPU loads its data segment registers anew. Where a descriptor
 * is gone meanwhile the register becomes null and the failsafe callback is told what was in all
 * four, between R11 and RIP. The other vCPU, without which nobody goes away, yields for ever.
 */
final class FailsafeCallback implements TinyGuest {
    private static final int INITIALISE = 0;
    private static final int UP = 1;
    private static final int UPDATE_DESCRIPTOR = 10;
    private static final int SELECTOR = 0xb;

    @Override
    public void body(GuestKit k) {
        var a = k.a;
        k.area("gdt", 4096);
        k.area("frames", 8);
        k.area("second_stack", 4096);
        secondVcpu(k);
        k.mfnOf("gdt");
        a.mov(Mem.at("frames"), RAX);
        a.mov(RCX, 0x00cf_f300_0000_ffffL).mov(Mem.at("gdt", 8), RCX);
        k.entryOf("gdt", 0x65);
        a.mov(RSI, RAX);
        k.mapPage("gdt");
        a.lea(RDI, "frames").mov(RSI, 2);
        k.hypercall(Xen.SET_GDT);
        k.expectResult(0, "set_gdt");
        String site = a.fresh("site");
        k.attempt(() -> {
            a.mov(RCX, SELECTOR).movToSegment(3, RCX).movToSegment(5, RCX);
            k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
            a.mov(RAX, Mem.at("frames")).shl(RAX, 12).add(RAX, 8).mov(RDI, RAX).mov(RSI, 0);
            k.hypercall(UPDATE_DESCRIPTOR);
            a.label(site);
            k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        });
        k.expectVector(GuestRuntime.FAILSAFE_VECTOR, "coming back without the descriptor");
        // At the yield's end, unless somebody else took the processor before.
        a.mov(RCX, Mem.at("exc_rip")).lea(RAX, site).sub(RCX, RAX).shr(RCX, 6);
        k.expect(RCX, 0, "RIP, in units of 64 bytes behind the change of the descriptor");
        k.expect(Mem.at("exc_ds"), SELECTOR, "DS in the frame");
        k.expect(Mem.at("exc_es"), 0, "ES in the frame");
        k.expect(Mem.at("exc_gs"), SELECTOR, "GS in the frame");
        a.movFromSegment(RCX, 3).and(RCX, 0xffff);
        k.expect(RCX, 0, "DS");
    }

    private static Mem at(Field f, int offset) {
        return Mem.at("context", f.at(Abi.BITS64) + offset);
    }

    private static void secondVcpu(GuestKit k) {
        var a = k.a;
        k.area("context", VcpuGuestContext.SIZE.at(Abi.BITS64));
        Field regs = VcpuGuestContext.USER_REGS;
        a.mov(at(VcpuGuestContext.FLAGS, 0), VcpuGuestContext.VGCF_IN_KERNEL);
        a.lea(RCX, "second").mov(at(regs, UserRegs.RIP), RCX);
        a.lea(RCX, Mem.at("second_stack", 4096)).mov(at(regs, UserRegs.RSP), RCX);
        a.mov(at(regs, UserRegs.CS), Xen.USER_CS).mov(at(regs, UserRegs.SS), Xen.FLAT_SS);
        a.mov(RCX, Mem.at("cr3_mfn")).shl(RCX, 12);
        a.mov(at(VcpuGuestContext.CTRLREG, 24), RCX);
        String over = a.fresh("over");
        a.jmp(over).label("second").mov(RDI, Xen.SCHED_YIELD).mov(RSI, 0);
        k.hypercall(Xen.SCHED_OP);
        a.jmp("second").label(over);
        a.mov(RDI, INITIALISE).mov(RSI, 1).lea(RDX, "context");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "initialise");
        a.mov(RDI, UP).mov(RSI, 1).mov(RDX, 0);
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "up");
    }
}
