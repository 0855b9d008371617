package xenolith.testkit.asm;

import java.nio.charset.StandardCharsets;

/**
 * A small assembler for 64-bit and 32-bit code: the instructions that tiny guests need. Methods are
 * named after the instructions, destination first; without a width they work on 64 bits, or on 32
 * in 32-bit code. Where a label is wanted, it may be defined later.
 *
 * <pre>{@code
 * new Assembler(0x100000).label("start").mov(RAX, 5).jmp("start").bytes()
 * }</pre>
 */
public final class Assembler extends Encoder {
    private int unique;

    /** Code and data from linear address {@code origin} on. */
    public Assembler(long origin) {
        this(origin, 64);
    }

    private Assembler(long origin, int bits) {
        super(origin, bits);
    }

    /** 32-bit code and data from linear address {@code origin} on; labels in it are absolute. */
    public static Assembler of32(long origin) {
        return new Assembler(origin, 32);
    }

    // ---- labels and data ----------------------------------------------------------------------

    /** Defines {@code label} here. */
    public Assembler label(String label) {
        define(label);
        return this;
    }

    /** A label name that nobody else has, with {@code stem} for the reader. */
    public String fresh(String stem) {
        return ".L" + stem + unique++;
    }

    /** Raw bytes, 0 to 255. */
    public Assembler raw(int... values) {
        put(values);
        return this;
    }

    /** {@code value} in {@code length} bytes, lowest first. */
    public Assembler data(long value, int length) {
        word(value, length);
        return this;
    }

    /** 64-bit words. */
    public Assembler quad(long... values) {
        for (long v : values) {
            word(v, 8);
        }
        return this;
    }

    /** The address of {@code label} as a word of the code's width. */
    public Assembler pointer(String label) {
        refer(label, word == 8 ? ABSOLUTE_64 : ABSOLUTE_32, 0, 0);
        return this;
    }

    /** The address of {@code label} as a 64-bit word. */
    public Assembler quad(String label) {
        refer(label, ABSOLUTE_64, 0, 0);
        return this;
    }

    /** ASCII text and a final NUL. */
    public Assembler text(String text) {
        for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
            put(b);
        }
        put(0);
        return this;
    }

    /** {@code count} zero bytes. */
    public Assembler zeros(int count) {
        for (int i = 0; i < count; i++) {
            put(0);
        }
        return this;
    }

    /** Zero bytes up to a multiple of {@code boundary}. */
    public Assembler align(int boundary) {
        while (here() % boundary != 0) {
            put(0);
        }
        return this;
    }

    /** NOPs up to {@code address}. */
    public Assembler padTo(long address) {
        while (here() < address) {
            put(0x90);
        }
        return this;
    }

    // ---- moves --------------------------------------------------------------------------------

    /** MOV of 64 bits; from a register, from memory, or to memory. */
    public Assembler mov(Operand to, Operand from) {
        return mov(word, to, from);
    }

    /** MOV of a 64-bit immediate, sign-extended from 32 bits for a memory operand. */
    public Assembler mov(Operand to, long value) {
        return mov(word, to, new Imm(value));
    }

    /** MOV of {@code width} bytes. */
    public Assembler mov(int width, Operand to, Operand from) {
        int wide = width == 1 ? 0 : 1;
        if (from instanceof Imm i) {
            return movImmediate(width, to, i);
        } else if (from instanceof Reg r) {
            modrm(0, width, 0x88 | wide, r.number(), to, 0);
        } else {
            modrm(0, width, 0x8a | wide, register(to), from, 0);
        }
        return this;
    }

    /** MOV of an immediate of {@code width} bytes. */
    public Assembler mov(int width, Operand to, long value) {
        return mov(width, to, new Imm(value));
    }

    private Assembler movImmediate(int width, Operand to, Imm i) {
        if (to instanceof Reg r && width == 8 && !i.fits32()) {
            put(0x48 | r.number() >> 3, 0xb8 | r.number() & 7);
            word(i.value(), 8);
            return this;
        }
        int length = Math.min(width, 4);
        modrm(0, width, width == 1 ? 0xc6 : 0xc7, 0, to, length);
        word(i.value(), length);
        return this;
    }

    /** The address of {@code label} in {@code to}. */
    public Assembler lea(Reg to, String label) {
        return lea(to, Mem.at(label));
    }

    public Assembler lea(Reg to, Mem from) {
        modrm(0, word, 0x8d, to.number(), from, 0);
        return this;
    }

    /** MOVZX of {@code width} (1 or 2) bytes. */
    public Assembler movzx(Reg to, int width, Operand from) {
        modrm(0, word, width == 1 ? 0x0fb6 : 0x0fb7, to.number(), from, 0);
        return this;
    }

    public Assembler push(Reg r) {
        prefixB(r);
        put(0x50 | r.number() & 7);
        return this;
    }

    /** PUSH of a sign-extended 32-bit immediate. */
    public Assembler push(long value) {
        put(0x68);
        word(value, 4);
        return this;
    }

    public Assembler push(Mem m) {
        modrm(0, 0, 0xff, 6, m, 0);
        return this;
    }

    public Assembler pop(Reg r) {
        prefixB(r);
        put(0x58 | r.number() & 7);
        return this;
    }

    public Assembler pop(Mem m) {
        modrm(0, 0, 0x8f, 0, m, 0);
        return this;
    }

    private void prefixB(Reg r) {
        if (r.number() >= 8) {
            put(0x41);
        }
    }

    public Assembler xchg(int width, Operand a, Reg b) {
        modrm(0, width, width == 1 ? 0x86 : 0x87, b.number(), a, 0);
        return this;
    }

    public Assembler cmpxchg(int width, Operand to, Reg from) {
        modrm(0, width, width == 1 ? 0x0fb0 : 0x0fb1, from.number(), to, 0);
        return this;
    }

    public Assembler xadd(int width, Operand to, Reg from) {
        modrm(0, width, width == 1 ? 0x0fc0 : 0x0fc1, from.number(), to, 0);
        return this;
    }

    /** The LOCK prefix of the next instruction. */
    public Assembler lock() {
        return raw(0xf0);
    }

    /** MOV to segment register {@code segment} (0 ES, 2 SS, 3 DS, 4 FS, 5 GS). */
    public Assembler movToSegment(int segment, Reg from) {
        modrm(0, 0, 0x8e, segment, from, 0);
        return this;
    }

    /** MOV from segment register {@code segment}. */
    public Assembler movFromSegment(Reg to, int segment) {
        modrm(0, 0, 0x8c, segment, to, 0);
        return this;
    }

    // ---- arithmetic ---------------------------------------------------------------------------

    /** One of the eight basic operations: 0 ADD, 1 OR, 2 ADC, 3 SBB, 4 AND, 5 SUB, 6 XOR, 7 CMP. */
    public Assembler alu(int operation, int width, Operand to, Operand from) {
        int wide = width == 1 ? 0 : 1;
        switch (from) {
            case Reg r -> modrm(0, width, operation << 3 | wide, r.number(), to, 0);
            case Mem m -> modrm(0, width, operation << 3 | 2 | wide, register(to), m, 0);
            case Imm i -> {
                int length = width == 1 || i.fits8() ? 1 : Math.min(width, 4);
                if (!i.fits32() && width == 8) {
                    throw new IllegalArgumentException("immediate beyond 32 bits: " + i);
                }
                modrm(
                        0,
                        width,
                        length > 1 ? 0x81 : width == 1 ? 0x80 : 0x83,
                        operation,
                        to,
                        length);
                word(i.value(), length);
            }
        }
        return this;
    }

    public Assembler add(Operand to, Operand from) {
        return alu(0, word, to, from);
    }

    public Assembler add(Operand to, long value) {
        return alu(0, word, to, new Imm(value));
    }

    public Assembler or(Operand to, Operand from) {
        return alu(1, word, to, from);
    }

    public Assembler or(Operand to, long value) {
        return alu(1, word, to, new Imm(value));
    }

    public Assembler and(Operand to, Operand from) {
        return alu(4, word, to, from);
    }

    public Assembler and(Operand to, long value) {
        return alu(4, word, to, new Imm(value));
    }

    public Assembler sub(Operand to, Operand from) {
        return alu(5, word, to, from);
    }

    public Assembler sub(Operand to, long value) {
        return alu(5, word, to, new Imm(value));
    }

    public Assembler xor(Operand to, Operand from) {
        return alu(6, word, to, from);
    }

    public Assembler cmp(Operand a, Operand b) {
        return alu(7, word, a, b);
    }

    public Assembler cmp(Operand a, long value) {
        return alu(7, word, a, new Imm(value));
    }

    public Assembler cmp(int width, Operand a, long value) {
        return alu(7, width, a, new Imm(value));
    }

    public Assembler test(Operand a, Reg b) {
        modrm(0, word, 0x85, b.number(), a, 0);
        return this;
    }

    public Assembler inc(Operand a) {
        modrm(0, word, 0xff, 0, a, 0);
        return this;
    }

    public Assembler dec(Operand a) {
        modrm(0, word, 0xff, 1, a, 0);
        return this;
    }

    public Assembler neg(Operand a) {
        modrm(0, word, 0xf7, 3, a, 0);
        return this;
    }

    /** MUL of RAX by {@code a}. */
    public Assembler mul(Operand a) {
        modrm(0, word, 0xf7, 4, a, 0);
        return this;
    }

    /** DIV of RDX:RAX by {@code a}. */
    public Assembler div(Operand a) {
        modrm(0, word, 0xf7, 6, a, 0);
        return this;
    }

    public Assembler shl(Operand a, int count) {
        return shift(4, a, count);
    }

    public Assembler shr(Operand a, int count) {
        return shift(5, a, count);
    }

    public Assembler sar(Operand a, int count) {
        return shift(7, a, count);
    }

    /** Rotates left. */
    public Assembler rol(Operand a, int count) {
        return shift(0, a, count);
    }

    private Assembler shift(int operation, Operand a, int count) {
        modrm(0, word, 0xc1, operation, a, 1);
        put(count);
        return this;
    }

    /** BT (4), BTS (5), BTR (6) or BTC (7) with an immediate bit number. */
    public Assembler bit(int operation, int width, Operand a, int bit) {
        modrm(0, width, 0x0fba, operation, a, 1);
        put(bit);
        return this;
    }

    /** BT with the bit number in a register. */
    public Assembler bt(Operand a, Reg bit) {
        modrm(0, word, 0x0fa3, bit.number(), a, 0);
        return this;
    }

    /** SETcc of one byte. */
    public Assembler set(Cond c, Operand to) {
        modrm(0, 1, 0x0f90 | c.code(), 0, to, 0);
        return this;
    }

    private static int register(Operand o) {
        if (o instanceof Reg r) {
            return r.number();
        }
        throw new IllegalArgumentException("not a register: " + o);
    }

    // ---- control ------------------------------------------------------------------------------

    public Assembler jmp(String label) {
        put(0xe9);
        refer(label, 4, 0, 0);
        return this;
    }

    /** JMP through a register or memory. */
    public Assembler jmp(Operand to) {
        modrm(0, 0, 0xff, 4, to, 0);
        return this;
    }

    /** JMP with an 8-bit displacement. */
    public Assembler jmpShort(String label) {
        put(0xeb);
        refer(label, 1, 0, 0);
        return this;
    }

    public Assembler j(Cond c, String label) {
        put(0x0f, 0x80 | c.code());
        refer(label, 4, 0, 0);
        return this;
    }

    public Assembler call(String label) {
        put(0xe8);
        refer(label, 4, 0, 0);
        return this;
    }

    /** CALL through a register or memory. */
    public Assembler call(Operand to) {
        modrm(0, 0, 0xff, 2, to, 0);
        return this;
    }

    public Assembler ret() {
        return raw(0xc3);
    }

    /** Far CALL of {@code selector}:{@code offset}; 32-bit code only. */
    public Assembler callFar(int selector, long offset) {
        put(0x9a);
        word(offset, 4);
        word(selector, 2);
        return this;
    }

    /** IRET of 32-bit code. */
    public Assembler iret() {
        return raw(0xcf);
    }

    public Assembler iretq() {
        return raw(0x48, 0xcf);
    }

    public Assembler syscall() {
        return raw(0x0f, 0x05);
    }

    public Assembler sysenter() {
        return raw(0x0f, 0x34);
    }

    /** INT n. */
    public Assembler int_(int vector) {
        return raw(0xcd, vector);
    }

    public Assembler int3() {
        return raw(0xcc);
    }

    public Assembler ud2() {
        return raw(0x0f, 0x0b);
    }

    // ---- system -------------------------------------------------------------------------------

    public Assembler nop() {
        return raw(0x90);
    }

    public Assembler pause() {
        return raw(0xf3, 0x90);
    }

    public Assembler hlt() {
        return raw(0xf4);
    }

    public Assembler cli() {
        return raw(0xfa);
    }

    public Assembler sti() {
        return raw(0xfb);
    }

    public Assembler pushf() {
        return raw(0x9c);
    }

    public Assembler popf() {
        return raw(0x9d);
    }

    public Assembler cld() {
        return raw(0xfc);
    }

    public Assembler std() {
        return raw(0xfd);
    }

    public Assembler cpuid() {
        return raw(0x0f, 0xa2);
    }

    public Assembler rdtsc() {
        return raw(0x0f, 0x31);
    }

    public Assembler rdmsr() {
        return raw(0x0f, 0x32);
    }

    public Assembler wrmsr() {
        return raw(0x0f, 0x30);
    }

    /** IN AL, DX. */
    public Assembler inByte() {
        return raw(0xec);
    }

    /** OUT DX, AL. */
    public Assembler outByte() {
        return raw(0xee);
    }

    public Assembler movFromCr(Reg to, int cr) {
        modrm(0, 0, 0x0f20, cr, to, 0);
        return this;
    }

    public Assembler movToCr(int cr, Reg from) {
        modrm(0, 0, 0x0f22, cr, from, 0);
        return this;
    }

    public Assembler movFromDr(Reg to, int dr) {
        modrm(0, 0, 0x0f21, dr, to, 0);
        return this;
    }

    public Assembler movToDr(int dr, Reg from) {
        modrm(0, 0, 0x0f23, dr, from, 0);
        return this;
    }

    // ---- strings and SSE ----------------------------------------------------------------------

    /** REP MOVSB. */
    public Assembler repMovsb() {
        return raw(0xf3, 0xa4);
    }

    /** REP MOVSQ. */
    public Assembler repMovsq() {
        return raw(0xf3, 0x48, 0xa5);
    }

    /** REP STOSB. */
    public Assembler repStosb() {
        return raw(0xf3, 0xaa);
    }

    /** REP STOSQ. */
    public Assembler repStosq() {
        return raw(0xf3, 0x48, 0xab);
    }

    public Assembler lodsb() {
        return raw(0xac);
    }

    public Assembler stosb() {
        return raw(0xaa);
    }

    /** MOVUPS XMM, memory. */
    public Assembler movups(int xmm, Mem from) {
        modrm(0, 0, 0x0f10, xmm, from, 0);
        return this;
    }

    /** MOVUPS memory, XMM. */
    public Assembler movups(Mem to, int xmm) {
        modrm(0, 0, 0x0f11, xmm, to, 0);
        return this;
    }

    /** MOVQ XMM, 64-bit register. */
    public Assembler movq(int xmm, Reg from) {
        modrm(0x66, 8, 0x0f6e, xmm, from, 0);
        return this;
    }

    /** MOVQ 64-bit register, XMM. */
    public Assembler movq(Reg to, int xmm) {
        modrm(0x66, 8, 0x0f7e, xmm, to, 0);
        return this;
    }
}
