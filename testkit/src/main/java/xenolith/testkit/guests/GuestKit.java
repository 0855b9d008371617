package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import java.util.LinkedHashMap;
import java.util.Map;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.ElfImage;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.asm.Operand;
import xenolith.testkit.asm.Reg;

/**
 * What tiny guests are made of: code for the guest's own part, on top of {@link GuestRuntime}.
 * Virtual and pseudo-physical addresses are the same. Methods emit code where they are called;
 * unless told, they may change RAX, RCX, RDX, RSI, RDI, R8, R10 and R11.
 */
public final class GuestKit {
    /** Where images begin, and their entry. */
    public static final long ORIGIN = 0x10_0000;

    /** The assembler for the guest's own instructions. */
    public final Assembler a = new Assembler(ORIGIN);

    private final String name;
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, Integer> areas = new LinkedHashMap<>();

    /** A guest by name. */
    public GuestKit(String name) {
        this.name = name;
    }

    /** Emits the entry, which ends where the guest's own code goes on. */
    public void begin() {
        GuestRuntime.entry(this);
    }

    /** The finished image. */
    public byte[] image() {
        GuestRuntime.routines(this);
        a.align(8);
        texts.forEach((text, label) -> a.label(label).text(text));
        areas.forEach((label, bytes) -> {
            a.align(bytes >= 4096 ? 4096 : 16).label(label).zeros(bytes);
        });
        a.align(4096);
        return new ElfImage(ORIGIN, a.bytes()).pvNotes("xenolith " + name).bytes();
    }

    // ---- data ---------------------------------------------------------------------------------

    /** The label of a NUL-terminated text. */
    public String string(String text) {
        return texts.computeIfAbsent(text, t -> a.fresh("text"));
    }

    /** Reserves a zeroed area of {@code bytes}; from 4096 on it begins at a page. */
    public String area(String label, int bytes) {
        areas.putIfAbsent(label, bytes);
        return label;
    }

    /** A 64-bit variable. */
    public Mem variable(String label) {
        area(label, 8);
        return Mem.at(label);
    }

    // ---- hypercalls ---------------------------------------------------------------------------

    /** A hypercall; arguments are in RDI, RSI, RDX, R10, R8. The result is in RAX. */
    public GuestKit hypercall(int number) {
        a.mov(4, RAX, number).syscall();
        return this;
    }

    /** Hypercall {@code number} with constant arguments. */
    public GuestKit hypercall(int number, long... arguments) {
        Reg[] registers = {RDI, RSI, RDX, Reg.R10, Reg.R8};
        for (int i = 0; i < arguments.length; i++) {
            a.mov(registers[i], arguments[i]);
        }
        return hypercall(number);
    }

    /** Hypercall {@code number} with operation {@code cmd} and the address of {@code label}. */
    public GuestKit hypercallOn(int number, int cmd, String label) {
        a.mov(RDI, cmd).lea(RSI, label);
        return hypercall(number);
    }

    /** Maps {@code page} to the entry in RSI, flushing it; the result is in RAX. */
    public GuestKit mapPage(String page) {
        a.lea(RDI, page).mov(RDX, Xen.INVLPG);
        return hypercall(Xen.UPDATE_VA_MAPPING);
    }

    /** RAX = machine frame of the page at {@code label}, by the p2m list. */
    public GuestKit mfnOf(String label) {
        a.lea(RAX, label).shr(RAX, 12);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RAX, 8, 0));
        return this;
    }

    /** RAX = entry for the page at {@code label} with {@code flags}. */
    public GuestKit entryOf(String label, int flags) {
        mfnOf(label);
        a.shl(RAX, 12).or(RAX, flags);
        return this;
    }

    /** RAX = linear address, RDX = machine address of the L1 entry that maps {@code label}. */
    public GuestKit l1EntryOf(String label) {
        a.lea(RDI, label).call("walk");
        return this;
    }

    // ---- printing and verdicts ----------------------------------------------------------------

    /** Prints {@code text}; all registers stay. */
    public GuestKit print(String text) {
        a.push(RSI).lea(RSI, string(text)).call("puts").pop(RSI);
        return this;
    }

    /** Prints RAX in hexadecimal; all registers stay. */
    public GuestKit printHex() {
        a.call("puthex");
        return this;
    }

    /** Ends the test well. */
    public GuestKit pass() {
        a.jmp("pass");
        return this;
    }

    /** Ends the test badly, with {@code why}. */
    public GuestKit fail(String why) {
        a.lea(RSI, string(why)).jmp("fail");
        return this;
    }

    /** Fails with {@code what} and both numbers unless {@code found} is {@code expected}. */
    public GuestKit expect(Operand found, long expected, String what) {
        a.mov(RAX, found).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless {@code found} is {@code expected}, which must not be RAX. */
    public GuestKit expectSame(Operand found, Operand expected, String what) {
        a.mov(RAX, found).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless {@code found} is the address of {@code label}. */
    public GuestKit expectAddress(Operand found, String label, String what) {
        a.mov(RAX, found).lea(RDX, label);
        return compare(what);
    }

    /** Fails unless the signed 32-bit result of a hypercall in RAX is {@code expected}. */
    public GuestKit expectResult(int expected, String what) {
        // MOVSXD RAX, EAX
        a.raw(0x48, 0x63, 0xc0).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless RAX is negative. */
    public GuestKit expectRefusal(String what) {
        String ok = a.fresh("refused");
        a.raw(0x48, 0x63, 0xc0).test(RAX, RAX).j(Cond.S, ok).mov(RDX, -1);
        a.lea(RSI, string(what)).jmp("fail_values").label(ok);
        return this;
    }

    private GuestKit compare(String what) {
        String ok = a.fresh("same");
        a.cmp(RAX, RDX).j(Cond.E, ok);
        a.lea(RSI, string(what)).jmp("fail_values").label(ok);
        return this;
    }

    // ---- exceptions and user mode -------------------------------------------------------------

    /**
     * Runs {@code code} in kernel mode; the first exception in it ends it. {@code exc_vector} is
     * its vector, or -1 if there was none. Changes RAX before {@code code}.
     */
    public GuestKit attempt(Runnable code) {
        String end = a.fresh("attempted");
        a.lea(RAX, end).mov(Mem.at("exc_resume"), RAX).mov(Mem.at("exc_resume_rsp"), RSP);
        a.mov(Mem.at("exc_vector"), -1);
        code.run();
        a.mov(Mem.at("exc_resume"), 0).label(end);
        return this;
    }

    /**
     * Runs {@code code} in user mode on the user stack. It ends with the first exception, or with a
     * system call that follows it ({@code exc_vector} is then {@link GuestRuntime#SYSCALL_VECTOR}).
     */
    public GuestKit user(Runnable code) {
        String end = a.fresh("back");
        String start = a.fresh("user");
        a.lea(RAX, end).mov(Mem.at("exc_resume"), RAX).mov(Mem.at("exc_resume_rsp"), RSP);
        a.mov(Mem.at("exc_vector"), -1);
        a.push(Xen.FLAT_SS).lea(RAX, Mem.at("user_stack", 4096)).push(RAX);
        a.push(0x202).push(Xen.USER_CS).lea(RAX, start).push(RAX);
        a.push(0).push(0).push(0).push(0).jmp("iret");
        a.label(start);
        code.run();
        a.syscall().ud2().label(end);
        return this;
    }

    /** Fails unless the last attempt ended with exception {@code vector}. */
    public GuestKit expectVector(int vector, String what) {
        return expect(Mem.at("exc_vector"), vector, what + ": vector");
    }

    /** Fails unless the last attempt ended with {@code vector} and {@code errorCode}. */
    public GuestKit expectFault(int vector, long errorCode, String what) {
        expectVector(vector, what);
        return expect(Mem.at("exc_error"), errorCode, what + ": error code");
    }

    /** Zero-extends the byte {@code offset} of shared_info into RAX. */
    public GuestKit sharedByte(int offset) {
        a.movzx(RAX, 1, Mem.at("shared", offset));
        return this;
    }
}
