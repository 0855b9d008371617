package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.R10;
import static xenolith.testkit.asm.Reg.R11;
import static xenolith.testkit.asm.Reg.R8;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;

/**
 * The part that all tiny guests share: entry, exceptions, events, the console.
 *
 * <p>An exception leaves all of its frame in the variables {@code exc_...} and goes on, in kernel
 * mode, at {@code exc_resume}; if that is 0 nobody expected it and the test has failed. SYSCALL and
 * SYSENTER from user mode do the same with vectors of their own. An event is counted in {@code
 * evt_count} with its frame in {@code evt_...}; selectors are gathered in {@code evt_sel}.
 */
final class GuestRuntime {
    /** {@code exc_vector} of a system call. */
    static final int SYSCALL_VECTOR = 0x100;

    /** {@code exc_vector} of SYSENTER. */
    static final int SYSENTER_VECTOR = 0x101;

    /** {@code exc_vector} of the failsafe callback. */
    static final int FAILSAFE_VECTOR = 0x102;

    private static final int[] WITH_ERROR_CODE = {8, 10, 11, 12, 13, 14, 17, 21};

    private static final int OUT_DATA = 1024;
    private static final int OUT_CONS = 3080;
    private static final int OUT_PROD = 3084;

    private GuestRuntime() {}

    static void entry(GuestKit k) {
        Assembler a = k.a;
        a.label("start").cld().mov(k.variable("start_info"), RSI);
        k.area("stack", 16384);
        k.area("exc_stack", 8192);
        k.area("user_stack", 4096);
        k.area("shared", 4096);
        a.lea(RSP, Mem.at("stack", 16384));
        a.mov(RAX, Mem.at(RSI, Xen.CONSOLE_MFN)).mov(RDX, Xen.M2P);
        a.mov(RAX, Mem.at(RDX, RAX, 8, 0)).shl(RAX, 12).mov(k.variable("console"), RAX);
        a.mov(4, RAX, Mem.at(RSI, Xen.CONSOLE_EVTCHN)).mov(k.variable("console_port"), RAX);
        a.lea(RDI, "traps");
        k.hypercall(Xen.SET_TRAP_TABLE);
        a.mov(RSI, Mem.at("start_info")).mov(RSI, Mem.at(RSI, Xen.SHARED_INFO)).or(RSI, 0x67);
        k.mapPage("shared");
        callback(k, Xen.CALLBACK_EVENT, "event_entry");
        callback(k, Xen.CALLBACK_FAILSAFE, "failsafe_entry");
        callback(k, Xen.CALLBACK_SYSCALL, "syscall_entry");
        callback(k, Xen.CALLBACK_SYSENTER, "sysenter_entry");
        a.mov(RDI, Xen.FLAT_SS).lea(RSI, Mem.at("exc_stack", 8192));
        k.hypercall(Xen.STACK_SWITCH);
        userTables(k);
    }

    private static void callback(GuestKit k, int type, String label) {
        String args = k.area("callback_args", 16);
        Assembler a = k.a;
        a.mov(Mem.at(args), type).lea(RAX, label).mov(Mem.at(args, 8), RAX);
        k.hypercallOn(Xen.CALLBACK_OP, 0, args);
    }

    /** User mode runs on the kernel's own tables, as in XTF. */
    private static void userTables(GuestKit k) {
        Assembler a = k.a;
        String op = k.area("mmuext_args", 24);
        a.mov(RAX, Mem.at("start_info")).mov(RAX, Mem.at(RAX, Xen.PT_BASE)).shr(RAX, 12);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RAX, 8, 0)).mov(k.variable("cr3_mfn"), RAX);
        a.mov(Mem.at(op), Xen.NEW_USER_BASEPTR).mov(Mem.at(op, 8), RAX);
        a.lea(RDI, op).mov(RSI, 1).mov(RDX, 0).mov(R10, Xen.DOMID_SELF);
        k.hypercall(Xen.MMUEXT_OP);
    }

    static void routines(GuestKit k) {
        verdicts(k);
        console(k);
        numbers(k);
        walk(k);
        exceptions(k);
        events(k);
        trapTable(k);
    }

    private static void verdicts(GuestKit k) {
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
        a.label("off").mov(4, Mem.at(k.area("reason", 8)), 0);
        k.hypercallOn(Xen.SCHED_OP, Xen.SCHED_SHUTDOWN, "reason");
        a.jmp("off");
    }

    private static void console(GuestKit k) {
        Assembler a = k.a;
        a.label("puts");
        a.push(RAX).push(RCX).push(RDX).push(RDI).push(RSI).push(R8).push(R11);
        a.mov(R8, Mem.at("console"));
        a.label("puts_next").lodsb().alu(4, 1, RAX, RAX).j(Cond.E, "puts_flush");
        a.label("puts_room").mov(4, RDX, Mem.at(R8, OUT_PROD)).mov(4, RCX, RDX);
        a.alu(5, 4, RCX, Mem.at(R8, OUT_CONS)).cmp(4, RCX, 2048).j(Cond.B, "puts_put");
        a.call("kick").jmp("puts_room");
        a.label("puts_put").mov(4, RCX, RDX).and(RCX, 2047);
        a.mov(1, Mem.at(R8, RCX, 1, OUT_DATA), RAX);
        a.inc(RDX).mov(4, Mem.at(R8, OUT_PROD), RDX).jmp("puts_next");
        a.label("puts_flush").call("kick").mov(4, RDX, Mem.at(R8, OUT_PROD));
        a.alu(7, 4, RDX, Mem.at(R8, OUT_CONS)).j(Cond.NE, "puts_flush");
        a.pop(R11).pop(R8).pop(RSI).pop(RDI).pop(RDX).pop(RCX).pop(RAX).ret();
        // Notifies the host of the ring and lets it run.
        a.label("kick").push(RAX).push(RCX).push(RSI).push(RDI).push(R11);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_SEND, "console_port");
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.pop(R11).pop(RDI).pop(RSI).pop(RCX).pop(RAX).ret();
    }

    private static void numbers(GuestKit k) {
        Assembler a = k.a;
        k.area("digits", 32);
        a.label("puthex").push(RAX).push(RCX).push(RDX).push(RSI);
        a.lea(RSI, Mem.at("digits", 20)).mov(1, Mem.at(RSI), 0);
        a.label("puthex_next").mov(RDX, RAX).and(RDX, 15).lea(RCX, k.string("0123456789abcdef"));
        a.mov(1, RDX, Mem.at(RCX, RDX, 1, 0)).dec(RSI).mov(1, Mem.at(RSI), RDX);
        a.shr(RAX, 4).j(Cond.NE, "puthex_next").call("puts");
        a.pop(RSI).pop(RDX).pop(RCX).pop(RAX).ret();
    }

    /** RDI: linear address. RAX: linear address of its L1 entry, RDX: its machine address. */
    private static void walk(GuestKit k) {
        Assembler a = k.a;
        a.label("walk").push(RCX).push(RSI).mov(RSI, Mem.at("cr3_mfn"));
        for (int shift = 39; shift >= 12; shift -= 9) {
            // RSI: frame of the table. RAX: where its entry is in linear memory.
            a.mov(RAX, Xen.M2P).mov(RAX, Mem.at(RAX, RSI, 8, 0)).shl(RAX, 12);
            a.mov(RCX, RDI).shr(RCX, shift).and(RCX, 511);
            a.mov(RDX, RSI).shl(RDX, 12).lea(RDX, Mem.at(RDX, RCX, 8, 0));
            a.lea(RAX, Mem.at(RAX, RCX, 8, 0));
            a.mov(RSI, Mem.at(RAX)).mov(RCX, 0x000f_ffff_ffff_f000L).and(RSI, RCX).shr(RSI, 12);
        }
        a.pop(RSI).pop(RCX).ret();
    }

    // ---- exceptions ---------------------------------------------------------------------------

    private static void exceptions(GuestKit k) {
        Assembler a = k.a;
        for (int vector = 0; vector < 32; vector++) {
            a.label("vector" + vector);
            boolean code = hasErrorCode(vector);
            stub(k, vector, code);
        }
        a.label("vector128");
        stub(k, 0x80, false);
        a.label("syscall_entry");
        stub(k, SYSCALL_VECTOR, false);
        a.label("sysenter_entry");
        stub(k, SYSENTER_VECTOR, false);
        a.label("failsafe_entry").mov(k.variable("exc_frame"), RSP);
        a.pop(k.variable("exc_rcx")).pop(k.variable("exc_r11"));
        for (String word : new String[] {"exc_ds", "exc_es", "exc_fs", "exc_gs"}) {
            a.pop(k.variable(word));
        }
        a.mov(Mem.at("exc_error"), -1).mov(Mem.at("exc_vector"), FAILSAFE_VECTOR).jmp("common");
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

    private static void stub(GuestKit k, int vector, boolean code) {
        Assembler a = k.a;
        a.mov(k.variable("exc_frame"), RSP);
        a.pop(k.variable("exc_rcx")).pop(k.variable("exc_r11"));
        if (code) {
            a.pop(k.variable("exc_error"));
        } else {
            a.mov(k.variable("exc_error"), -1);
        }
        a.mov(k.variable("exc_vector"), vector).jmp("common");
    }

    private static void common(GuestKit k) {
        Assembler a = k.a;
        a.label("common").mov(k.variable("exc_rax"), RAX);
        String[] words = {"exc_rip", "exc_cs", "exc_flags", "exc_rsp", "exc_ss"};
        for (int i = 0; i < words.length; i++) {
            a.mov(RAX, Mem.at(RSP, 8L * i)).mov(k.variable(words[i]), RAX);
        }
        a.mov(RAX, Mem.at("shared", Xen.ARCH_CR2)).mov(k.variable("exc_cr2"), RAX);
        a.movzx(RAX, 1, Mem.at("shared", Xen.UPCALL_MASK)).mov(k.variable("exc_mask"), RAX);
        a.pushf().pop(k.variable("exc_now"));
        a.inc(k.variable("exc_count")).mov(RAX, k.variable("exc_resume"));
        a.test(RAX, RAX).j(Cond.E, "unexpected");
        a.mov(Mem.at(RSP), RAX).mov(Mem.at("exc_resume"), 0);
        a.mov(Mem.at(RSP, 8), Xen.KERNEL_CS).and(Mem.at(RSP, 16), ~0x100L);
        a.mov(RAX, k.variable("exc_resume_sp")).mov(Mem.at(RSP, 24), RAX);
        a.mov(Mem.at(RSP, 32), Xen.FLAT_SS);
        a.mov(RAX, Mem.at("exc_rax"));
        a.push(0).push(Mem.at("exc_rcx")).push(Mem.at("exc_r11")).push(RAX);
        a.label("iret");
        k.hypercall(Xen.IRET);
    }

    private static void unexpected(GuestKit k) {
        Assembler a = k.a;
        a.label("unexpected");
        String[] words = {"exc_vector", "exc_error", "exc_rip", "exc_cr2", "exc_rsp"};
        for (String word : words) {
            k.print(word.equals("exc_vector") ? "unexpected exception " : " " + word + " ");
            a.mov(RAX, Mem.at(word)).call("puthex");
        }
        k.fail("");
    }

    private static void events(GuestKit k) {
        Assembler a = k.a;
        a.label("event_entry").pop(k.variable("evt_rcx")).pop(k.variable("evt_r11"));
        a.push(RAX);
        String[] words = {"evt_rip", "evt_cs", "evt_flags", "evt_rsp", "evt_ss"};
        for (int i = 0; i < words.length; i++) {
            a.mov(RAX, Mem.at(RSP, 8 + 8L * i)).mov(k.variable(words[i]), RAX);
        }
        a.movzx(RAX, 1, Mem.at("shared", Xen.UPCALL_MASK)).mov(k.variable("evt_mask"), RAX);
        a.inc(k.variable("evt_count")).mov(1, Mem.at("shared", Xen.UPCALL_PENDING), 0);
        a.mov(4, RAX, 0).xchg(8, Mem.at("shared", Xen.PENDING_SEL), RAX);
        a.or(k.variable("evt_sel"), RAX).pop(RAX);
        a.push(0).push(Mem.at("evt_rcx")).push(Mem.at("evt_r11")).push(RAX);
        k.hypercall(Xen.IRET);
    }

    private static void trapTable(GuestKit k) {
        Assembler a = k.a;
        a.align(16).label("traps");
        for (int vector = 0; vector < 32; vector++) {
            trap(a, vector, 0);
        }
        a.zeros(16);
        // A table of one entry that lets INT 0x80 in from everywhere.
        a.label("open_int80");
        trap(a, 0x80, 3);
        a.zeros(16);
        // And one of INT 0x81 for kernel mode only, with the same handler.
        a.label("kernel_int81");
        trap(a, 0x81, 1, 0x80);
        a.zeros(16);
    }

    private static void trap(Assembler a, int vector, int flags) {
        trap(a, vector, flags, vector);
    }

    private static void trap(Assembler a, int vector, int flags, int handler) {
        a.data(vector, 1).data(flags, 1).data(Xen.USER_CS, 2).data(0, 4).quad("vector" + handler);
    }
}
