package xenolith.testkit;

import static xenolith.testkit.asm.Reg.R12;
import static xenolith.testkit.asm.Reg.R13;
import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import java.util.LinkedHashMap;
import java.util.Map;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.guests.GuestKit;
import xenolith.testkit.guests.Xen;

/**
 * The guest that comes with the command: a few pages of code with a prompt, to look at what a PV
 * guest is given: memory by frame numbers, event channels, a clock.
 */
public final class Demo {
    private static final int LINE = 128;
    private static final int EVTCHN_STATUS = 5;

    private final GuestKit k = new GuestKit("demo");
    private final Assembler a = k.a;

    private Demo() {}

    /** The ELF image. */
    public static byte[] image() {
        return new Demo().build();
    }

    private byte[] build() {
        k.begin();
        k.area("line", LINE);
        k.area("args", 32);
        a.mov(Mem.at("args"), 0);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, Xen.EVTCHN_BIND_VIRQ, "args");
        k.print("\r\nA small Xen PV guest: no operating system, only this prompt.\r\n");
        k.print("Type 'help' for what it can show.\r\n");
        a.label("prompt");
        k.print("demo> ");
        a.call("readline");
        Map<String, Runnable> commands = new LinkedHashMap<>();
        commands.put("", () -> {});
        commands.put("help", this::help);
        commands.put("memory", this::memory);
        commands.put("events", this::events);
        commands.put("time", this::time);
        commands.put("halt", this::halt);
        commands.put("crash", this::crash);
        commands.forEach(this::command);
        k.print("There is no such command; 'help' lists those that there are.\r\n");
        a.jmp("prompt");
        DemoConsole.routines(k, LINE);
        return k.image();
    }

    private void command(String word, Runnable code) {
        String next = a.fresh("next");
        a.lea(RSI, "line").lea(RDI, k.string(word)).call("equal").j(Cond.NE, next);
        code.run();
        a.jmp("prompt").label(next);
    }

    private void help() {
        k.print("memory   frames of this guest: pseudo-physical and machine numbers\r\n");
        k.print("events   its event channels, and the upcalls so far\r\n");
        k.print("time     its clock\r\n");
        k.print("halt     powers off\r\n");
        k.print("crash    raises an exception that nobody handles\r\n");
    }

    // ---- memory -------------------------------------------------------------------------------

    private void memory() {
        a.mov(RBX, Mem.at("start_info"));
        a.mov(RAX, Mem.at(RBX, Xen.NR_PAGES));
        k.print("This guest has ");
        a.call("putdec");
        k.print(" pages of 4 KiB, ");
        a.shr(RAX, 8).call("putdec");
        k.print(" MiB. It numbers them from 0 (PFN);\r\n");
        k.print("in the machine they lie anywhere (MFN):\r\n\r\n  PFN      MFN\r\n");
        a.mov(R12, 0);
        row("the first page");
        a.mov(R12, GuestKit.ORIGIN >> 12);
        row("this program");
        a.mov(R12, RBX).shr(R12, 12);
        row("start_info");
        a.mov(R12, Mem.at(RBX, Xen.PT_BASE)).shr(R12, 12);
        row("its top page table");
        a.mov(R12, Mem.at("console")).shr(R12, 12);
        row("the console ring");
        a.mov(R12, Mem.at(RBX, Xen.NR_PAGES)).dec(R12);
        row("the last page");
        k.print("\r\nThe list from PFN to MFN is the guest's own, at 0x");
        a.mov(RAX, Mem.at(RBX, Xen.MFN_LIST)).call("puthex");
        k.print(";\r\nthe way back is a table of the hypervisor's at 0xffff800000000000.\r\n");
    }

    /** A row for the page whose PFN is in R12. */
    private void row(String what) {
        k.print("  0x");
        a.mov(RAX, R12).call("puthex").mov(RAX, Mem.at(RBX, Xen.MFN_LIST));
        a.mov(RAX, Mem.at(RAX, R12, 8, 0));
        k.print("\t   0x");
        a.call("puthex");
        k.print("\t" + what + "\r\n");
    }

    // ---- events -------------------------------------------------------------------------------

    private void events() {
        String[] states = {
            "closed",
            "unbound",
            "connected to domain 0",
            "a physical interrupt",
            "a virtual interrupt",
            "an interrupt between vCPUs"
        };
        String loop = a.fresh("ports");
        String done = a.fresh("done");
        a.mov(R12, 1).label(loop);
        a.mov(4, Mem.at("args"), Xen.DOMID_SELF).mov(4, Mem.at("args", 4), R12);
        k.hypercallOn(Xen.EVENT_CHANNEL_OP, EVTCHN_STATUS, "args");
        a.test(RAX, RAX).j(Cond.NE, done).mov(4, R13, Mem.at("args", 8));
        k.print("port ");
        a.mov(RAX, R12).call("putdec");
        k.print(": ");
        for (int i = 0; i < states.length; i++) {
            String other = a.fresh("other");
            a.cmp(R13, i).j(Cond.NE, other);
            k.print(states[i]);
            a.label(other);
        }
        String plain = a.fresh("plain");
        a.mov(RAX, Mem.at("console_port")).cmp(RAX, R12).j(Cond.NE, plain);
        k.print(" (this console)");
        a.label(plain);
        k.print("\r\n");
        a.inc(R12).cmp(R12, 9).j(Cond.NE, loop).label(done);
        a.mov(RAX, k.variable("evt_count")).call("putdec");
        k.print(" upcalls so far.\r\n");
    }

    // ---- time ---------------------------------------------------------------------------------

    private void time() {
        // A hypercall makes the hypervisor bring the clock up to date; then all of it at once.
        k.hypercall(Xen.SCHED_OP, Xen.SCHED_YIELD, 0);
        a.rdtsc().shl(RDX, 32).or(RAX, RDX).mov(k.variable("tsc"), RAX);
        String[] names = {"stamp", "system", "scale"};
        for (int i = 0; i < 3; i++) {
            a.mov(RAX, Mem.at("shared", Xen.TIME + 8 + 8L * i)).mov(k.variable(names[i]), RAX);
        }
        k.print("time-stamp counter ");
        a.mov(RAX, Mem.at("tsc")).call("putdec");
        k.print(", at the last update ");
        a.mov(RAX, Mem.at("stamp")).call("putdec");
        k.print("\r\nsystem time then   ");
        a.mov(RAX, Mem.at("system")).call("putdec");
        k.print(" ns\r\nmultiplier         0x");
        a.mov(4, RAX, Mem.at("scale")).call("puthex");
        k.print(" / 2^32, shift ");
        scaled();
        k.print("\r\nsystem time now    ");
        a.mov(RAX, RBX).call("putdec");
        k.print(" ns: this host is up for ");
        a.mov(RDX, 0).mov(RCX, 1_000_000_000).div(RCX).call("putdec");
        k.print(" s\r\n");
    }

    /** Prints the shift; RBX = system time at the time-stamp counter's value. */
    private void scaled() {
        String positive = a.fresh("positive");
        String scaled = a.fresh("scaled");
        a.mov(RBX, Mem.at("tsc")).sub(RBX, Mem.at("stamp"));
        a.movzx(RAX, 1, Mem.at("scale", 4)).mov(RCX, RAX).cmp(1, RAX, 0).j(Cond.NS, positive);
        k.print("-");
        a.neg(RCX).and(RCX, 255).mov(RAX, RCX).call("putdec");
        // SHR RBX, CL
        a.raw(0x48, 0xd3, 0xeb).jmp(scaled);
        // SHL RBX, CL
        a.label(positive).call("putdec").raw(0x48, 0xd3, 0xe3).label(scaled);
        a.mov(4, RAX, Mem.at("scale")).mul(RBX).shr(RAX, 32).shl(RDX, 32).or(RAX, RDX);
        a.add(RAX, Mem.at("system")).mov(RBX, RAX);
    }

    // ---- ends ---------------------------------------------------------------------------------

    private void halt() {
        k.print("Good night.\r\n");
        a.jmp("off");
    }

    private void crash() {
        k.print("Taking away the trap table, then UD2.\r\n");
        k.hypercall(Xen.SET_TRAP_TABLE, 0);
        a.ud2();
    }
}
