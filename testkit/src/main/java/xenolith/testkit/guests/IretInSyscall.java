package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R11;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;

/**
 * Bit 8 of the flags word below the frame says that RCX and R11 need not be restored: they come
 * back as SYSRET leaves them. Without it they are restored, and RAX always is.
 */
final class IretInSyscall implements TinyGuest {
    @Override
    public void body(GuestKit k) {
        var a = k.a;
        for (int inSyscall : new int[] {0, 0x100}) {
            String there = a.fresh("there");
            a.mov(RCX, RSP).push(Xen.FLAT_SS).push(RCX).push(0x202).push(Xen.KERNEL_CS);
            a.lea(RAX, there).push(RAX).push(inSyscall).push(0x111).push(0x222).push(0x333);
            a.jmp("iret").label(there);
            a.mov(k.variable("rcx"), RCX).mov(k.variable("r11"), R11).mov(k.variable("rax"), RAX);
            k.expect(Mem.at("rax"), 0x333, "RAX after iret");
            if (inSyscall == 0) {
                k.expect(Mem.at("rcx"), 0x111, "RCX after iret");
                k.expect(Mem.at("r11"), 0x222, "R11 after iret");
            } else {
                k.expectAddress(Mem.at("rcx"), there, "RCX after iret from a system call");
                k.expect(Mem.at("r11"), 0x202, "R11 after iret from a system call");
            }
        }
    }
}
