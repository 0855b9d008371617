package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.ElfImage;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.asm.Reg;

/**
 * What tiny guests are made of: code for the guest's own part, on top of {@link GuestRuntime}.
 * Unless told, methods may change RAX, RCX, RDX, RSI, RDI, R8, R10 and R11.
 */
public final class GuestKit extends Kit<GuestKit> {
    private final String name;

    /** A guest by name. */
    public GuestKit(String name) {
        super(new Assembler(ORIGIN), 8);
        this.name = name;
    }

    @Override
    protected GuestKit self() {
        return this;
    }

    /** Emits the entry, which ends where the guest's own code goes on. */
    public void begin() {
        GuestRuntime.entry(this);
    }

    /** The finished image. */
    public byte[] image() {
        GuestRuntime.routines(this);
        data();
        return new ElfImage(ORIGIN, a.bytes()).pvNotes("xenolith " + name).bytes();
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

    /** Prints RAX in hexadecimal; all registers stay. */
    public GuestKit printHex() {
        a.call("puthex");
        return this;
    }

    /** Ends the test badly, with {@code why}. */
    public GuestKit fail(String why) {
        a.lea(RSI, string(why)).jmp("fail");
        return this;
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

    // ---- exceptions and user mode -------------------------------------------------------------

    /**
     * Runs {@code code} in user mode on the user stack. It ends with the first exception, or with a
     * system call that follows it ({@code exc_vector} is then {@link GuestRuntime#SYSCALL_VECTOR}).
     */
    public GuestKit user(Runnable code) {
        String end = a.fresh("back");
        String start = a.fresh("user");
        resumeAt(end);
        a.push(Xen.FLAT_SS).lea(RAX, Mem.at("user_stack", 4096)).push(RAX);
        a.push(0x202).push(Xen.USER_CS).lea(RAX, start).push(RAX);
        a.push(0).push(0).push(0).push(0).jmp("iret");
        a.label(start);
        code.run();
        a.syscall().ud2().label(end);
        return this;
    }

    /** Zero-extends the byte {@code offset} of shared_info into RAX. */
    public GuestKit sharedByte(int offset) {
        a.movzx(RAX, 1, Mem.at("shared", offset));
        return this;
    }
}
