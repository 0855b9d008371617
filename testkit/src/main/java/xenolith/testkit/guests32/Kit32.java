package xenolith.testkit.guests32;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RBX;
import static xenolith.testkit.asm.Reg.RCX;
import static xenolith.testkit.asm.Reg.RDI;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;

import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.ElfImage;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.asm.Reg;
import xenolith.testkit.guests.Kit;
import xenolith.testkit.guests.Xen;

/**
 * What tiny 32-bit guests are made of, on top of {@link Runtime32}. Unless told, methods may change
 * all registers but EBP and ESP.
 */
public final class Kit32 extends Kit<Kit32> {
    private static final Reg[] ARGUMENTS = {RBX, RCX, RDX, RSI, RDI};

    private final String name;

    Kit32(String name) {
        super(Assembler.of32(ORIGIN), 4);
        this.name = name;
    }

    @Override
    protected Kit32 self() {
        return this;
    }

    /** Emits the entry, which ends where the guest's own code goes on. */
    void begin() {
        Runtime32.entry(this);
    }

    /** The finished image. */
    byte[] image() {
        Runtime32.routines(this);
        data();
        a.label("image_end");
        return new ElfImage(ORIGIN, a.bytes())
                .pvNotes("xenolith " + name)
                .note(ElfImage.NOTE_PAE_MODE, "yes")
                // Of domain 0 only, on Xen: the hole of others is where it always is.
                .note(ElfImage.NOTE_HV_START_LOW, 0xfc00_0000L)
                .bytes32();
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

    // ---- verdicts -----------------------------------------------------------------------------

    /** Fails unless EAX is {@code expected}. */
    public Kit32 expectResult(int expected, String what) {
        a.mov(RDX, expected);
        return compare(what);
    }

    // ---- exceptions and user mode -------------------------------------------------------------

    /**
     * Runs {@code code} in ring 3 on the user stack, with flat data. Its first exception ends it.
     */
    public Kit32 user(Runnable code) {
        String end = a.fresh("back");
        String start = a.fresh("user");
        resumeAt(end);
        a.push(Xen32.USER_DS).lea(RAX, Mem.at("user_stack", 4096)).push(RAX);
        a.push(0x202).push(Xen32.USER_CS).lea(RAX, start).push(RAX).push(0);
        hypercall(Xen.IRET);
        a.label(start).mov(RAX, Xen32.USER_DS).movToSegment(3, RAX).movToSegment(0, RAX);
        code.run();
        a.ud2().label(end);
        return this;
    }
}
