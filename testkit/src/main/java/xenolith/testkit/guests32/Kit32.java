package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
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
import xenolith.testkit.guests.Xen;

/**
 * What tiny 32-bit guests are made of, on top of {@link Runtime32}. Virtual and pseudo-physical
 * addresses are the same. Unless told, methods may change all registers but EBP and ESP.
 */
public final class Kit32 {
    /** Where images begin, and their entry. */
    static final long ORIGIN = 0x10_0000;

    private static final Reg[] ARGUMENTS = {RBX, RCX, RDX, RSI, RDI};

    /** The assembler for the guest's own instructions. */
    public final Assembler a = Assembler.of32(ORIGIN);

    private final String name;
    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, Integer> areas = new LinkedHashMap<>();

    Kit32(String name) {
        this.name = name;
    }

    /** Emits the entry, which ends where the guest's own code goes on. */
    void begin() {
        Runtime32.entry(this);
    }

    /** The finished image. */
    byte[] image() {
        Runtime32.routines(this);
        a.align(8);
        texts.forEach((text, label) -> a.label(label).text(text));
        areas.forEach(
                (label, bytes) -> a.align(bytes >= 4096 ? 4096 : 16).label(label).zeros(bytes));
        a.align(4096).label("image_end");
        return new ElfImage(ORIGIN, a.bytes())
                .pvNotes("xenolith " + name)
                .note(ElfImage.NOTE_PAE_MODE, "yes")
                // Of domain 0 only, on Xen: the hole of others is where it always is.
                .note(ElfImage.NOTE_HV_START_LOW, 0xfc00_0000L)
                .bytes32();
    }

    /** The label of a NUL-terminated text. */
    String string(String text) {
        return texts.computeIfAbsent(text, t -> a.fresh("text"));
    }

    /** Reserves a zeroed area of {@code bytes}; from 4096 on it begins at a page. */
    public String area(String label, int bytes) {
        areas.putIfAbsent(label, bytes);
        return label;
    }

    /** A 32-bit variable. */
    public Mem variable(String label) {
        area(label, 4);
        return Mem.at(label);
    }

    // ---- hypercalls ---------------------------------------------------------------------------

    /** A hypercall; arguments are in EBX, ECX, EDX, ESI, EDI. The result is in EAX. */
    public Kit32 hypercall(int number) {
        a.mov(RAX, number).int_(0x82);
        return this;
    }

    /** Hypercall {@code number} with constant arguments. */
    public Kit32 hypercall(int number, long... arguments) {
        for (int i = 0; i < arguments.length; i++) {
            a.mov(ARGUMENTS[i], arguments[i]);
        }
        return hypercall(number);
    }

    /** Hypercall {@code number} with operation {@code cmd} and the address of {@code label}. */
    public Kit32 hypercallOn(int number, int cmd, String label) {
        a.mov(RBX, cmd).lea(RCX, label);
        return hypercall(number);
    }

    /** EAX = machine frame of the page at {@code label}, by the p2m list. */
    public Kit32 mfnOf(String label) {
        a.lea(RAX, label).shr(RAX, 12);
        a.mov(RDX, Mem.at("start_info")).mov(RDX, Mem.at(RDX, Xen32.MFN_LIST));
        a.mov(RAX, Mem.at(RDX, RAX, 4, 0));
        return this;
    }

    /** EDX:ECX = entry for the page at {@code label} with {@code flags}. */
    public Kit32 entryOf(String label, int flags) {
        mfnOf(label);
        a.mov(RCX, RAX).shl(RCX, 12).or(RCX, flags).mov(RDX, RAX).shr(RDX, 20);
        return this;
    }

    /** Maps {@code page} to itself with {@code flags}; the result is in EAX. */
    public Kit32 mapPage(String page, int flags) {
        entryOf(page, flags);
        return mapPage(page);
    }

    /** Maps {@code page} to the entry in EDX:ECX; the result is in EAX. */
    public Kit32 mapPage(String page) {
        a.lea(RBX, page).mov(RSI, Xen.INVLPG);
        return hypercall(Xen.UPDATE_VA_MAPPING);
    }

    /** One mmuext_op on frame EAX; the result is in EAX. */
    public Kit32 mmuext(int cmd) {
        String op = area("mmuext_args", 12);
        a.mov(Mem.at(op), cmd).mov(Mem.at(op, 4), RAX);
        a.lea(RBX, op).mov(RCX, 1).mov(RDX, 0).mov(RSI, Xen.DOMID_SELF);
        return hypercall(Xen.MMUEXT_OP);
    }

    // ---- printing and verdicts ----------------------------------------------------------------

    /** Prints {@code text}; all registers stay. */
    public Kit32 print(String text) {
        a.push(RSI).lea(RSI, string(text)).call("puts").pop(RSI);
        return this;
    }

    /** Ends the test well. */
    public Kit32 pass() {
        a.jmp("pass");
        return this;
    }

    /** Fails with {@code what} and both numbers unless {@code found} is {@code expected}. */
    public Kit32 expect(Operand found, long expected, String what) {
        a.mov(RAX, found).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless {@code found} is {@code expected}, which must not be EAX. */
    public Kit32 expectSame(Operand found, Operand expected, String what) {
        a.mov(RAX, found).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless {@code found} is {@code offset} behind {@code label}. */
    public Kit32 expectAddress(Operand found, String label, int offset, String what) {
        a.mov(RAX, found).lea(RDX, Mem.at(label, offset));
        return compare(what);
    }

    /** Fails unless EAX is {@code expected}. */
    public Kit32 expectResult(int expected, String what) {
        a.mov(RDX, expected);
        return compare(what);
    }

    private Kit32 compare(String what) {
        String ok = a.fresh("same");
        a.cmp(RAX, RDX).j(Cond.E, ok);
        a.lea(RSI, string(what)).jmp("fail_values").label(ok);
        return this;
    }

    // ---- exceptions and user mode -------------------------------------------------------------

    /**
     * Runs {@code code} in ring 1; the first exception in it ends it. {@code exc_vector} is its
     * vector, or -1 if there was none. Changes EAX before {@code code}.
     */
    public Kit32 attempt(Runnable code) {
        String end = a.fresh("attempted");
        expectException(end);
        code.run();
        a.mov(Mem.at("exc_resume"), 0).label(end);
        return this;
    }

    private void expectException(String end) {
        a.lea(RAX, end).mov(Mem.at("exc_resume"), RAX).mov(Mem.at("exc_resume_esp"), RSP);
        a.mov(Mem.at("exc_vector"), -1);
    }

    /**
     * Runs {@code code} in ring 3 on the user stack, with flat data. Its first exception ends it.
     */
    public Kit32 user(Runnable code) {
        String end = a.fresh("back");
        String start = a.fresh("user");
        expectException(end);
        a.push(Xen32.USER_DS).lea(RAX, Mem.at("user_stack", 4096)).push(RAX);
        a.push(0x202).push(Xen32.USER_CS).lea(RAX, start).push(RAX).push(0);
        hypercall(Xen.IRET);
        a.label(start).mov(RAX, Xen32.USER_DS).movToSegment(3, RAX).movToSegment(0, RAX);
        code.run();
        a.ud2().label(end);
        return this;
    }

    /** Fails unless the last attempt ended with exception {@code vector}, or none if it is -1. */
    public Kit32 expectVector(int vector, String what) {
        return expect(Mem.at("exc_vector"), vector, what + ": vector");
    }

    /** Fails unless the last attempt ended with {@code vector} and {@code errorCode}. */
    public Kit32 expectFault(int vector, long errorCode, String what) {
        expectVector(vector, what);
        return expect(Mem.at("exc_error"), errorCode, what + ": error code");
    }
}
