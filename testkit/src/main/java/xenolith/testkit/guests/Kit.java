package xenolith.testkit.guests;

import static xenolith.testkit.asm.Reg.RAX;
import static xenolith.testkit.asm.Reg.RDX;
import static xenolith.testkit.asm.Reg.RSI;
import static xenolith.testkit.asm.Reg.RSP;

import java.util.LinkedHashMap;
import java.util.Map;
import xenolith.testkit.asm.Assembler;
import xenolith.testkit.asm.Cond;
import xenolith.testkit.asm.Mem;
import xenolith.testkit.asm.Operand;

/**
 * What the kits for tiny guests of both widths have in common: data, printing, verdicts, attempts.
 * A register stands for its low half in a 32-bit guest. Virtual and pseudo-physical addresses are
 * the same. Methods emit code where they are called.
 *
 * @param <K> the kit itself, which methods return
 */
public abstract class Kit<K extends Kit<K>> {
    /** Where images begin, and their entry. */
    public static final long ORIGIN = 0x10_0000;

    /** The assembler for the guest's own instructions. */
    public final Assembler a;

    /** Bytes of a register. */
    private final int word;

    private final Map<String, String> texts = new LinkedHashMap<>();
    private final Map<String, Integer> areas = new LinkedHashMap<>();

    /** A kit that writes to {@code a} for registers of {@code word} bytes. */
    protected Kit(Assembler a, int word) {
        this.a = a;
        this.word = word;
    }

    /** This. */
    protected abstract K self();

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

    /** A variable of a register's width. */
    public Mem variable(String label) {
        return Mem.at(area(label, word));
    }

    /** Emits all texts and areas, up to the end of a page. */
    protected void data() {
        a.align(8);
        texts.forEach((text, label) -> a.label(label).text(text));
        areas.forEach(
                (label, bytes) -> a.align(bytes >= 4096 ? 4096 : 16).label(label).zeros(bytes));
        a.align(4096);
    }

    // ---- printing and verdicts ----------------------------------------------------------------

    /** Prints {@code text}; all registers stay. */
    public K print(String text) {
        a.push(RSI).lea(RSI, string(text)).call("puts").pop(RSI);
        return self();
    }

    /** Ends the test well. */
    public K pass() {
        a.jmp("pass");
        return self();
    }

    /** Fails with {@code what} and both numbers unless {@code found} is {@code expected}. */
    public K expect(Operand found, long expected, String what) {
        a.mov(RAX, found).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless {@code found} is {@code expected}, which must not be RAX. */
    public K expectSame(Operand found, Operand expected, String what) {
        a.mov(RAX, found).mov(RDX, expected);
        return compare(what);
    }

    /** Fails unless {@code found} is the address of {@code label}. */
    public K expectAddress(Operand found, String label, String what) {
        return expectAddress(found, label, 0, what);
    }

    /** Fails unless {@code found} is {@code offset} behind {@code label}. */
    public K expectAddress(Operand found, String label, int offset, String what) {
        a.mov(RAX, found).lea(RDX, Mem.at(label, offset));
        return compare(what);
    }

    /** Fails with {@code what} and both numbers unless RAX is RDX. */
    protected K compare(String what) {
        String ok = a.fresh("same");
        a.cmp(RAX, RDX).j(Cond.E, ok);
        a.lea(RSI, string(what)).jmp("fail_values").label(ok);
        return self();
    }

    // ---- exceptions ---------------------------------------------------------------------------

    /**
     * Runs {@code code} in kernel mode; the first exception in it ends it. {@code exc_vector} is
     * its vector, or -1 if there was none. Changes RAX before {@code code}.
     */
    public K attempt(Runnable code) {
        String end = a.fresh("attempted");
        resumeAt(end);
        code.run();
        a.mov(Mem.at("exc_resume"), 0).label(end);
        return self();
    }

    /** The next exception leads to {@code end}, with the stack as it is now. */
    protected void resumeAt(String end) {
        a.lea(RAX, end).mov(Mem.at("exc_resume"), RAX).mov(Mem.at("exc_resume_sp"), RSP);
        a.mov(Mem.at("exc_vector"), -1);
    }

    /** Fails unless the last attempt ended with exception {@code vector}, or none if it is -1. */
    public K expectVector(int vector, String what) {
        return expect(Mem.at("exc_vector"), vector, what + ": vector");
    }

    /** Fails unless the last attempt ended with {@code vector} and {@code errorCode}. */
    public K expectFault(int vector, long errorCode, String what) {
        expectVector(vector, what);
        return expect(Mem.at("exc_error"), errorCode, what + ": error code");
    }
}
