package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs32;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * A processor that comes back to a vCPU loads its data segment registers anew. Where a descriptor
 * is gone meanwhile the register becomes null and the failsafe callback is told what was in all
 * four, below EIP. The other vCPU, without which nobody goes away, yields for ever.
 */
final class FailsafeCallback32 implements TinyGuest32 {
    private static final int INITIALISE = 0;
    private static final int UP = 1;
    private static final int UPDATE_DESCRIPTOR = 10;
    private static final int SELECTOR = 9;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.area("gdt", 4096);
        k.area("frames", 16);
        k.area("second_stack", 4096);
        secondVcpu(k);
        a.mov(Mem.at("gdt", 8), 0xffff).mov(Mem.at("gdt", 12), 0x00cf_b200);
        k.mapPage("gdt", 0x61);
        k.mfnOf("gdt");
        a.mov(Mem.at("frames"), RAX).lea(RBX, "frames").mov(RCX, 2);
        k.hypercall(Xen.SET_GDT);
        k.expectResult(0, "set_gdt");
        String site = a.fresh("site");
        k.attempt(() -> {
            a.mov(RAX, SELECTOR).movToSegment(0, RAX).movToSegment(5, RAX);
            k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
            a.mov(RBX, Mem.at("frames")).mov(RCX, RBX).shl(RBX, 12).add(RBX, 8);
            a.shr(RCX, 20).mov(RDX, 0).mov(RSI, 0);
            k.hypercall(UPDATE_DESCRIPTOR);
            a.label(site);
            k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        });
        k.expectVector(Runtime32.FAILSAFE_VECTOR, "coming back without the descriptor");
        // At the yield's end, unless somebody else took the processor before.
        a.mov(RCX, Mem.at("exc_eip")).lea(RAX, site).sub(RCX, RAX).shr(RCX, 6);
        k.expect(RCX, 0, "EIP, in units of 64 bytes behind the change of the descriptor");
        a.mov(RCX, Mem.at("exc_resume_sp")).sub(RCX, 28);
        k.expectSame(RCX, Mem.at("exc_frame"), "seven words on the kernel's own stack");
        k.expect(Mem.at("exc_ds"), Xen32.KERNEL_DS, "DS in the frame");
        k.expect(Mem.at("exc_es"), SELECTOR, "ES in the frame");
        k.expect(Mem.at("exc_gs"), SELECTOR, "GS in the frame");
        a.movFromSegment(RCX, 5).and(RCX, 0xffff);
        k.expect(RCX, 0, "GS");
    }

    private static Mem at(Field f, int offset) {
        return Mem.at("context", f.at(Abi.BITS32) + offset);
    }

    private static void secondVcpu(Kit32 k) {
        var a = k.a;
        k.area("context", VcpuGuestContext.SIZE.at(Abi.BITS32));
        Field regs = VcpuGuestContext.USER_REGS;
        a.mov(at(VcpuGuestContext.FLAGS, 0), VcpuGuestContext.VGCF_IN_KERNEL);
        a.lea(RCX, "second").mov(at(regs, UserRegs32.EIP), RCX);
        a.lea(RCX, Mem.at("second_stack", 4096)).mov(at(regs, UserRegs32.ESP), RCX);
        a.mov(at(regs, UserRegs32.CS), Xen32.KERNEL_CS);
        a.mov(at(regs, UserRegs32.SS), Xen32.KERNEL_DS);
        a.mov(at(regs, UserRegs32.DS), Xen32.KERNEL_DS);
        a.mov(at(regs, UserRegs32.ES), Xen32.KERNEL_DS);
        // Extended CR3: the high bits of the frame number are the low ones.
        a.mov(RCX, Mem.at("start_info")).mov(RCX, Mem.at(RCX, Xen32.PT_BASE)).shr(RCX, 12);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen32.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RCX, 4, 0)).mov(RCX, RAX).shl(RCX, 12).shr(RAX, 20).or(RCX, RAX);
        a.mov(at(VcpuGuestContext.CTRLREG, 12), RCX);
        String over = a.fresh("over");
        a.jmp(over).label("second").mov(RBX, Xen.SCHED_YIELD).mov(RCX, 0);
        k.hypercall(Xen.SCHED_OP);
        a.jmp("second").label(over);
        a.mov(RBX, INITIALISE).mov(RCX, 1).lea(RDX, "context");
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "initialise");
        a.mov(RBX, UP).mov(RCX, 1).mov(RDX, 0);
        k.hypercall(Xen.VCPU_OP);
        k.expectResult(0, "up");
    }
}
