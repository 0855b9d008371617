package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * A call gate takes a program to the kernel's ring and stack, with words of its own stack copied;
 * from the kernel it is a far call. Its DPL says who may use it.
 */
final class CallGates32 implements TinyGuest32 {
    private static final int USER_GATE = 0x08;
    private static final int KERNEL_GATE = 0x10;
    private static final int ABSENT_GATE = 0x18;
    private static final int DATA_GATE = 0x20;

    /** Behind the eight entries that the GDT has, but in its page. */
    private static final int BEHIND_GATE = 0x40;

    /** In the second page of an LDT. */
    private static final int LOCAL_GATE = 0x1007;

    private static final int SET_LDT = 13;

    @Override
    public void body(Kit32 k) {
        var a = k.a;
        k.area("gdt", 4096);
        k.area("frames", 4);
        gate(k, USER_GATE, Xen32.KERNEL_CS, 0xec02);
        gate(k, KERNEL_GATE, Xen32.KERNEL_CS, 0xac00);
        gate(k, ABSENT_GATE, Xen32.KERNEL_CS, 0x6c00);
        gate(k, BEHIND_GATE, Xen32.KERNEL_CS, 0xac00);
        // To the frame of data that follows; and flat data with DPL 1.
        gate(k, DATA_GATE, 0x29, 0xec00);
        a.mov(Mem.at("gdt", 0x28), 0xffff).mov(Mem.at("gdt", 0x2c), 0x00cf_b200);
        k.mapPage("gdt", 0x61);
        k.mfnOf("gdt");
        a.mov(Mem.at("frames"), RAX).lea(RBX, "frames").mov(RCX, 8);
        k.hypercall(Xen.SET_GDT);
        k.expectResult(0, "set_gdt");
        // From the kernel: CS and EIP on its own stack, no words copied.
        String over = a.fresh("over");
        a.mov(k.variable("wanted"), RSP).mov(RCX, 0).jmp(over);
        a.label("gate_target").mov(k.variable("gate_esp"), RSP);
        for (int i = 0; i < 6; i++) {
            a.mov(RAX, Mem.at(RSP, 4L * i)).mov(k.variable("word" + i), RAX);
        }
        a.mov(RSP, Mem.at("wanted")).inc(RCX).mov(RAX, k.variable("go_on")).jmp(RAX).label(over);
        goOn(k, "first", () -> a.callFar(KERNEL_GATE | 1, 0));
        k.expect(RCX, 1, "calls by the kernel");
        a.mov(RBX, Mem.at("wanted")).sub(RBX, 8);
        k.expectSame(RBX, Mem.at("gate_esp"), "the kernel's stack");
        k.expect(Mem.at("word1"), Xen32.KERNEL_CS, "the kernel's CS");
        // From a program: two words are copied between SS:ESP and CS:EIP.
        goOn(
                k,
                "second",
                () ->
                        k.user(() ->
                                a.mov(RCX, 1).push(0x1111).push(0x2222).callFar(USER_GATE | 3, 0)));
        a.mov(RAX, Xen32.KERNEL_DS).movToSegment(3, RAX).movToSegment(0, RAX);
        a.mov(Mem.at("exc_resume"), 0);
        k.expect(RCX, 2, "calls by a program");
        k.expectAddress(Mem.at("gate_esp"), "exc_stack", 8192 - 24, "the stack of stack_switch");
        k.expect(Mem.at("word1"), Xen32.USER_CS, "the program's CS");
        k.expect(Mem.at("word2"), 0x2222, "the top word");
        k.expect(Mem.at("word3"), 0x1111, "the word below");
        k.expectAddress(Mem.at("word4"), "user_stack", 4096 - 8, "the program's ESP");
        k.expect(Mem.at("word5"), Xen32.USER_DS, "the program's SS");
        k.user(() -> a.callFar(KERNEL_GATE | 3, 0));
        k.expectFault(13, KERNEL_GATE, "a gate of the kernel's");
        k.user(() -> a.mov(RAX, KERNEL_GATE).movToSegment(4, RAX));
        k.expectFault(13, KERNEL_GATE, "a gate as a data segment");
        k.attempt(() -> a.callFar(ABSENT_GATE | 1, 0));
        k.expectFault(11, ABSENT_GATE, "a gate that is not present");
        k.attempt(() -> a.callFar(DATA_GATE | 1, 0));
        k.expectFault(13, 0x28, "a gate to data");
        k.attempt(() -> a.callFar(BEHIND_GATE | 1, 0));
        k.expectFault(13, BEHIND_GATE, "a gate behind the GDT");
        k.attempt(() -> {
            a.pushf().pop(RCX).or(RCX, 0x100).push(RCX).popf();
            a.callFar(KERNEL_GATE | 1, 0);
        });
        k.expectVector(1, "a step through a gate");
        k.expectAddress(Mem.at("exc_eip"), "gate_target", 0, "EIP after the step");
        localTable(k);
    }

    /** A gate within 64 KiB is none of an LDT that is not there, or ends before (XSA-298). */
    private static void localTable(Kit32 k) {
        var a = k.a;
        gate(k, Mem.absolute(0x1000), Mem.absolute(0x1004), Xen32.KERNEL_CS, 0xec00);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen32.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, 4)).mov(RCX, RAX).shl(RCX, 12).or(RCX, 0x65);
        a.mov(RDX, RAX).shr(RDX, 20).mov(RBX, 0x1000).mov(RSI, Xen.INVLPG);
        k.hypercall(Xen.UPDATE_VA_MAPPING);
        k.expectResult(0, "the page of the gate, read-only");
        k.user(() -> a.callFar(LOCAL_GATE, 0));
        k.expectFault(13, LOCAL_GATE & ~3, "a gate without an LDT");
        setLdt(k, LOCAL_GATE >> 3);
        k.user(() -> a.callFar(LOCAL_GATE, 0));
        k.expectFault(13, LOCAL_GATE & ~3, "a gate behind the LDT");
        setLdt(k, (LOCAL_GATE >> 3) + 1);
        goOn(k, "third", () -> k.user(() -> a.mov(RCX, 1).callFar(LOCAL_GATE, 0)));
        a.mov(RAX, Xen32.KERNEL_DS).movToSegment(3, RAX).movToSegment(0, RAX);
        a.mov(Mem.at("exc_resume"), 0);
        k.expect(RCX, 2, "a call through the LDT");
    }

    /** An LDT from address 0 on. */
    private static void setLdt(Kit32 k, int entries) {
        k.a.mov(Mem.at(k.area("mmuext_args", 12), 8), entries).mov(RAX, 0);
        k.mmuext(SET_LDT);
        k.expectResult(0, "SET_LDT");
    }

    /** Runs {@code code}, which ends in the gate's target, from where it goes on behind. */
    private static void goOn(Kit32 k, String label, Runnable code) {
        var a = k.a;
        a.lea(RAX, label).mov(k.variable("go_on"), RAX).mov(Mem.at("wanted"), RSP);
        code.run();
        a.ud2().label(label);
    }

    private static void gate(Kit32 k, int at, int selector, int attributes) {
        gate(k, Mem.at("gdt", at), Mem.at("gdt", at + 4L), selector, attributes);
    }

    private static void gate(Kit32 k, Mem low, Mem high, int selector, int attributes) {
        var a = k.a;
        a.lea(RAX, "gate_target").mov(RCX, RAX).and(RAX, 0xffff).or(RAX, (long) selector << 16);
        a.mov(low, RAX).and(RCX, 0xffff_0000L).or(RCX, attributes).mov(high, RCX);
    }
}
