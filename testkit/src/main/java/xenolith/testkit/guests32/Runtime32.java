package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.Xen;

/**
 * The part that all tiny 32-bit guests share: entry, exceptions, events, the console.
 *
 * <p>An exception leaves its frame in the variables {@code exc_...} and goes on, in ring 1, at
 * {@code exc_resume}; if that is 0 nobody expected it and the test has failed. An event is counted
 * in {@code evt_count} with its frame in {@code evt_...}.
 */
final class Runtime32 {
    /** {@code exc_vector} of the failsafe callback. */
    static final int FAILSAFE_VECTOR = 0x102;

    private static final int[] WITH_ERROR_CODE = {8, 10, 11, 12, 13, 14, 17, 21};

    private static final int OUT_DATA = 1024;
    private static final int OUT_CONS = 3080;
    private static final int OUT_PROD = 3084;

    private Runtime32() {}

    static void entry(Kit32 k) {
        Assembler a = k.a;
        a.label("start").cld().mov(k.variable("start_info"), RSI);
        k.area("stack", 16384);
        k.area("exc_stack", 8192);
        k.area("user_stack", 4096);
        k.area("shared", 4096);
        a.lea(RSP, Mem.at("stack", 16384));
        a.mov(RAX, Mem.at(RSI, Xen32.CONSOLE_MFN)).mov(RDX, Xen32.M2P);
        a.mov(RAX, Mem.at(RDX, RAX, 4, 0)).shl(RAX, 12).mov(k.variable("console"), RAX);
        a.mov(RAX, Mem.at(RSI, Xen32.CONSOLE_EVTCHN)).mov(k.variable("console_port"), RAX);
        a.lea(RBX, "traps");
        k.hypercall(Xen.SET_TRAP_TABLE);
        a.mov(RCX, Mem.at("start_info")).mov(RCX, Mem.at(RCX, Xen32.SHARED_INFO)).or(RCX, 0x63);
        a.mov(RDX, 0);
        k.mapPage("shared");
        a.mov(RBX, Xen32.KERNEL_CS).lea(RCX, "event_entry");
        a.mov(RDX, Xen32.KERNEL_CS).lea(RSI, "failsafe_entry");
        // set_callbacks
        k.hypercall(4);
        a.mov(RBX, Xen32.KERNEL_DS).lea(RCX, Mem.at("exc_stack", 8192));
        k.hypercall(Xen.STACK_SWITCH);
        userPages(k);
    }

    /** User mode may use the image's pages, but for shared_info and the table of traps. */
    private static void userPages(Kit32 k) {
        Assembler a = k.a;
        a.lea(RDI, "start").label("user_pages");
        a.mov(RAX, RDI).shr(RAX, 12).mov(RDX, Mem.at("start_info"));
        a.mov(RDX, Mem.at(RDX, Xen32.MFN_LIST)).mov(RAX, Mem.at(RDX, RAX, 4, 0));
        a.mov(RCX, RAX).shl(RCX, 12).or(RCX, 0x67).mov(RDX, RAX).shr(RDX, 20);
        a.lea(RAX, "shared").cmp(RDI, RAX).j(Cond.E, "user_skip");
        a.mov(RBX, RDI).mov(RSI, Xen.INVLPG);
        k.hypercall(Xen.UPDATE_VA_MAPPING);
        a.label("user_skip").add(RDI, 4096).lea(RAX, "image_end").cmp(RDI, RAX);
        a.j(Cond.B, "user_pages");
    }

    static void routines(Kit32 k) {
        verdicts(k);
        console(k);
        numbers(k);
        exceptions(k);
        events(k);
        trapTable(k);
    }

    private static void verdicts(Kit32 k) {
        Assembler a = k.a;
        a.label("pass").lea(RSI, k.string("Test result: SUCCESS\r\n")).call("puts").jmp("off");
        a.label("fail_values").push(RDX).push(RAX).call("puts");
        k.print(": found ");
        a.pop(RAX).call("puthex");
        k.print(", expected ");
        a.pop(RAX).call("puthex");
        a.lea(RSI, k.string(""));
        a.label("fail").call("puts");
        k.print("\r\nTest result: FAILURE\r\n");
        a.label("off").mov(Mem.at(k.area("reason", 8)), 0);
        k.hypercallOn(Xen.SCHED_OP, Xen.SCHED_SHUTDOWN, "reason");
        a.jmp("off");
    }

    private static void console(Kit32 k) {
        Assembler a = k.a;
        a.label("puts");
        a.push(RAX).push(RCX).push(RDX).push(RBX).push(RDI).push(RSI);
        a.mov(RDI, Mem.at("console"));
        a.label("puts_next").lodsb().alu(4, 1, RAX, RAX).j(Cond.E, "puts_flush");
        a.label("puts_room").mov(RDX, Mem.at(RDI, OUT_PROD)).mov(RCX, RDX);
        a.sub(RCX, Mem.at(RDI, OUT_CONS)).cmp(RCX, 2048).j(Cond.B, "puts_put");
        a.call("kick").jmp("puts_room");
        a.label("puts_put").mov(RCX, RDX).and(RCX, 2047);
        a.mov(1, Mem.at(RDI, RCX, 1, OUT_DATA), RAX);
        a.inc(RDX).mov(Mem.at(RDI, OUT_PROD), RDX).jmp("puts_next");
        a.label("puts_flush").call("kick").mov(RDX, Mem.at(RDI, OUT_PROD));
        a.cmp(RDX, Mem.at(RDI, OUT_CONS)).j(Cond.NE, "puts_flush");
        a.pop(RSI).pop(RDI).pop(RBX).pop(RDX).pop(RCX).pop(RAX).ret();
        // Notifies the host of the ring and lets it run.
        a.label("kick").push(RAX).push(RBX).push(RCX);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "console_port");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.pop(RCX).pop(RBX).pop(RAX).ret();
    }

    private static void numbers(Kit32 k) {
        Assembler a = k.a;
        k.area("digits", 32);
        a.label("puthex").push(RAX).push(RCX).push(RDX).push(RSI);
        a.lea(RSI, Mem.at("digits", 20)).mov(1, Mem.at(RSI), 0);
        a.label("puthex_next").mov(RDX, RAX).and(RDX, 15).lea(RCX, k.string("0123456789abcdef"));
        a.mov(1, RDX, Mem.at(RCX, RDX, 1, 0)).dec(RSI).mov(1, Mem.at(RSI), RDX);
        a.shr(RAX, 4).j(Cond.NE, "puthex_next").call("puts");
        a.pop(RSI).pop(RDX).pop(RCX).pop(RAX).ret();
    }

    // ---- exceptions ---------------------------------------------------------------------------

    private static void exceptions(Kit32 k) {
        Assembler a = k.a;
        for (int vector = 0; vector < 32; vector++) {
            a.label("vector" + vector);
            stub(k, vector, hasErrorCode(vector));
        }
        a.label("vector128");
        stub(k, 0x80, false);
        failsafe(k);
        common(k);
        unexpected(k);
    }

    private static boolean hasErrorCode(int vector) {
        for (int v : WITH_ERROR_CODE) {
            if (v == vector) {
                return true;
            }
        }
        return false;
    }

    private static void stub(Kit32 k, int vector, boolean code) {
        Assembler a = k.a;
        // From user mode DS and ES may be null.
        a.push(RAX).mov(RAX, Xen32.KERNEL_DS).movToSegment(3, RAX).movToSegment(0, RAX).pop(RAX);
        a.mov(k.variable("exc_frame"), RSP);
        if (code) {
            a.pop(k.variable("exc_error"));
        } else {
            a.mov(k.variable("exc_error"), -1);
        }
        a.mov(k.variable("exc_vector"), vector).jmp("common");
    }

    /** DS and ES may be null here, too; what was in the four registers lies below EIP. */
    private static void failsafe(Kit32 k) {
        Assembler a = k.a;
        a.label("failsafe_entry").push(RAX).mov(RAX, Xen32.KERNEL_DS);
        a.movToSegment(3, RAX).movToSegment(0, RAX).pop(RAX).mov(k.variable("exc_frame"), RSP);
        for (String word : new String[] {"exc_ds", "exc_es", "exc_fs", "exc_gs"}) {
            a.pop(k.variable(word));
        }
        a.mov(Mem.at("exc_error"), -1).mov(Mem.at("exc_vector"), FAILSAFE_VECTOR).jmp("common");
    }

    private static void common(Kit32 k) {
        Assembler a = k.a;
        a.label("common");
        String[] words = {"exc_eip", "exc_cs", "exc_flags", "exc_esp", "exc_ss"};
        for (int i = 0; i < words.length; i++) {
            a.mov(RAX, Mem.at(RSP, 4L * i)).mov(k.variable(words[i]), RAX);
        }
        a.mov(RAX, Mem.at("shared", Xen32.ARCH_CR2)).mov(k.variable("exc_cr2"), RAX);
        a.mov(RAX, k.variable("exc_resume")).test(RAX, RAX).j(Cond.E, "unexpected");
        a.mov(RDX, Xen32.KERNEL_DS).movToSegment(2, RDX).mov(RSP, k.variable("exc_resume_sp"));
        a.mov(Mem.at("exc_resume"), 0).jmp(RAX);
    }

    private static void unexpected(Kit32 k) {
        Assembler a = k.a;
        a.label("unexpected");
        String[] words = {"exc_vector", "exc_error", "exc_eip", "exc_cr2", "exc_esp"};
        for (String word : words) {
            k.print(word.equals("exc_vector") ? "unexpected exception " : " " + word + " ");
            a.mov(RAX, Mem.at(word)).call("puthex");
        }
        a.lea(RSI, k.string("")).jmp("fail");
    }

    private static void events(Kit32 k) {
        Assembler a = k.a;
        // User mode has a DS of its own, or none.
        a.label("event_entry").push(RAX).movFromSegment(RAX, 3).push(RAX);
        a.mov(RAX, Xen32.KERNEL_DS).movToSegment(3, RAX);
        String[] words = {"evt_eip", "evt_cs", "evt_flags", "evt_esp", "evt_ss"};
        for (int i = 0; i < words.length; i++) {
            a.mov(RAX, Mem.at(RSP, 8 + 4L * i)).mov(k.variable(words[i]), RAX);
        }
        a.inc(k.variable("evt_count")).mov(1, Mem.at("shared"), 0);
        a.mov(RAX, Mem.at("shared", Xen32.PENDING_SEL)).mov(k.variable("evt_sel"), RAX);
        a.mov(Mem.at("shared", Xen32.PENDING_SEL), 0);
        a.pop(RAX).movToSegment(3, RAX);
        k.hypercall(Xen.IRET);
    }

    private static void trapTable(Kit32 k) {
        Assembler a = k.a;
        a.align(16).label("traps");
        for (int vector = 0; vector < 32; vector++) {
            trap(a, vector, 0);
        }
        a.zeros(8);
        // A table of one entry that lets INT 0x80 in from everywhere.
        a.label("open_int80");
        trap(a, 0x80, 3);
        a.zeros(8);
    }

    private static void trap(Assembler a, int vector, int flags) {
        a.data(vector, 1).data(flags, 1).data(Xen32.KERNEL_CS, 2).pointer("vector" + vector);
    }
}
