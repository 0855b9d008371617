package xenolith.testkit;

import static xenolith.testkit.asm.Reg.R8;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/** Lines from the console, and decimal numbers. */
final class DemoConsole {
    private static final int IN_CONS = 3072;
    private static final int IN_PROD = 3076;

    private DemoConsole() {}

    static void routines(GuestKit k, int lineSize) {
        decimal(k);
        equal(k);
        readChar(k);
        readLine(k, lineSize);
    }

    /** putdec: prints RAX; all registers stay. */
    private static void decimal(GuestKit k) {
        Assembler a = k.a;
        k.area("decimal", 32);
        a.label("putdec").push(RAX).push(RBX).push(RCX).push(RDX).push(RSI);
        a.lea(RSI, Mem.at("decimal", 30)).mov(1, Mem.at(RSI), 0).mov(RCX, 10);
        a.label("putdec_next").mov(RDX, 0).div(RCX).add(RDX, '0').dec(RSI);
        a.mov(1, Mem.at(RSI), RDX).cmp(RAX, 0).j(Cond.NE, "putdec_next").call("puts");
        a.pop(RSI).pop(RDX).pop(RCX).pop(RBX).pop(RAX).ret();
    }

    /** equal: ZF tells whether the texts at RSI and RDI are the same. */
    private static void equal(GuestKit k) {
        Assembler a = k.a;
        a.label("equal").movzx(RAX, 1, Mem.at(RSI)).movzx(RDX, 1, Mem.at(RDI));
        a.cmp(RAX, RDX).j(Cond.NE, "equal_end").inc(RSI).inc(RDI);
        a.cmp(RAX, 0).j(Cond.NE, "equal");
        a.label("equal_end").ret();
    }

    /**
     * readchar: the next byte typed, in RAX. Events are masked between the look at the ring and the
     * block, which unmasks them: none can be lost.
     */
    private static void readChar(GuestKit k) {
        Assembler a = k.a;
        a.label("readchar").mov(1, Mem.at("shared", Xen.UPCALL_MASK), 1);
        a.mov(Mem.at("shared", Xen.EVTCHN_PENDING), 0).mov(R8, Mem.at("console"));
        a.mov(4, RCX, Mem.at(R8, IN_CONS)).mov(4, RDX, Mem.at(R8, IN_PROD));
        a.cmp(RCX, RDX).j(Cond.NE, "readchar_take");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_BLOCK, 0);
        a.jmp("readchar");
        a.label("readchar_take").mov(RDX, RCX).and(RDX, 1023);
        a.movzx(RAX, 1, Mem.at(R8, RDX, 1, 0)).inc(RCX).mov(4, Mem.at(R8, IN_CONS), RCX);
        a.mov(1, Mem.at("shared", Xen.UPCALL_MASK), 0).push(RAX).call("kick").pop(RAX).ret();
    }

    /** readline: a line in {@code line}, echoed, without its end. */
    private static void readLine(GuestKit k, int lineSize) {
        Assembler a = k.a;
        k.area("echo", 8);
        a.label("readline").lea(RBX, "line");
        a.label("readline_next").call("readchar");
        a.cmp(RAX, '\r').j(Cond.E, "readline_end").cmp(RAX, '\n').j(Cond.E, "readline_end");
        a.cmp(RAX, 0x7f).j(Cond.E, "readline_rub").cmp(RAX, 8).j(Cond.E, "readline_rub");
        a.cmp(RAX, ' ').j(Cond.B, "readline_next");
        a.lea(RCX, Mem.at("line", lineSize - 1)).cmp(RBX, RCX).j(Cond.E, "readline_next");
        a.mov(1, Mem.at(RBX), RAX).inc(RBX).mov(Mem.at("echo"), RAX);
        a.lea(RSI, "echo").call("puts").jmp("readline_next");
        a.label("readline_rub").lea(RCX, "line").cmp(RBX, RCX).j(Cond.E, "readline_next");
        a.dec(RBX);
        k.print("\b \b");
        a.jmp("readline_next");
        a.label("readline_end").mov(1, Mem.at(RBX), 0);
        k.print("\r\n");
        a.ret();
    }
}
