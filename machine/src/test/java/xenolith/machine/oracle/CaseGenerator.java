package xenolith.machine.oracle;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Makes random cases of a {@link Form}: all that is random follows from one seed. */
final class CaseGenerator {
    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RBX = 3;
    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int STATUS = 0x8d5;

    /** Status flags, DF and ID: what user mode sees change. */
    private static final int VISIBLE = STATUS | 0x400 | 0x20_0000;

    private final Form form;
    private final Values v;
    private final ProcessorState s = new ProcessorState();
    private int pinned;

    // The instruction under construction.
    private int size;
    private boolean rexW;
    private boolean prefix66;
    private boolean prefix67;
    private boolean lock;
    private int rep;
    private int rexBits;
    private final List<Integer> tail = new ArrayList<>();
    private int opcodeLow;
    private boolean high;
    private boolean memory;
    private int rm;
    private int reg;
    private long target;
    private int ripFixup = -1;
    private long immediate;
    private int immediateSize;

    private CaseGenerator(Form form, long seed) {
        this.form = form;
        this.v = new Values(new SplittableRandom(seed));
    }

    /** A case of {@code form}, or null where chance made one that cannot be tested. */
    static @Nullable TestCase make(Form form, long seed) {
        return new CaseGenerator(form, seed).make();
    }

    /** As {@link #make}, with the registers that its address needs. */
    static @Nullable RandomInstruction makeInstruction(Form form, long seed) {
        CaseGenerator generator = new CaseGenerator(form, seed);
        TestCase c = generator.make();
        return c == null ? null : new RandomInstruction(c.code(), generator.pinned, c.before().gpr);
    }

    private @Nullable TestCase make() {
        fillState();
        chooseSize();
        opcodeLow = form.has("+r") || form.has("+c") ? v.below(form.has("+c") ? 16 : 8) : 0;
        high = v.oneIn(2);
        prepareRegisters();
        if (form.modrm() != Form.NO_MODRM) {
            chooseModrm();
        }
        chooseImmediate();
        prepareMemory();
        if (!divides() || !shifts()) {
            return null;
        }
        byte[] code = encode();
        if (code.length > 15) {
            return null;
        }
        return new TestCase(
                form.name(),
                code,
                s,
                definedFlags(),
                definedStatus(),
                form.has("approx"),
                ignored());
    }

    // ---- state -------------------------------------------------------------------------------

    private void fillState() {
        for (int i = 0; i < 16; i++) {
            s.gpr[i] = v.integer();
        }
        int kind = form.has("ps") ? 1 : form.has("pd") ? 2 : v.below(3);
        if (v.oneIn(10)) {
            kind = v.below(3);
        }
        for (int i = 0; i < 32; i++) {
            s.xmm[i] = v.vectorWord(kind);
        }
        for (int i = 0; i < 8; i++) {
            s.signExponent[i] = v.exponent();
            s.significand[i] = v.significand(s.signExponent[i]);
        }
        for (int i = 0; i < s.window.length; i += 8) {
            s.poke(ProcessorState.WINDOW + i, 8, v.vectorWord(kind));
        }
        if (form.has("string") && v.oneIn(2)) {
            Arrays.fill(s.window, (byte) v.below(256));
            for (int i = v.below(4); i > 0; i--) {
                s.window[v.below(s.window.length)] = (byte) v.below(256);
            }
        }
        operandsInDomain();
        s.rflags = 0x202 | (int) v.bits() & STATUS;
        if (form.has("string") || v.oneIn(20)) {
            s.rflags |= (long) v.below(2) << 10;
        }
        s.mxcsr = 0x1f80 | v.below(4) << 13 | (v.oneIn(2) ? v.below(64) : 0);
        if (v.oneIn(2)) {
            s.mxcsr &= ~0x6000;
        }
        if (v.oneIn(8)) {
            s.mxcsr |= v.oneIn(2) ? 0x8000 : 0x40;
        }
        s.fcw = 0x7f | (v.oneIn(2) ? 0x300 : new int[] {0, 0x200, 0x300}[v.below(3)]);
        s.fcw |= v.oneIn(2) ? 0 : v.below(4) << 10;
        s.fsw = v.below(8) << 11 | (v.oneIn(2) ? (int) v.bits() & 0x477f : 0);
        s.ftw = v.oneIn(3) ? v.below(256) : 0xff;
    }

    /** Transcendental functions: operands for which they are defined. */
    private void operandsInDomain() {
        if (form.has("unit")) {
            s.signExponent[0] = s.signExponent[0] & 0x8000 | 0x3ffd - v.below(60);
            s.significand[0] |= 1L << 63;
        } else if (form.has("small")) {
            s.signExponent[0] = s.signExponent[0] & 0x8000 | 0x3fff - v.below(60);
            s.significand[0] |= 1L << 63;
        }
    }

    private long inWindow(int margin) {
        return ProcessorState.WINDOW + margin + v.below(ProcessorState.WINDOW_SIZE - 2 * margin);
    }

    private void pin(int register, long value) {
        s.gpr[register] = value;
        pinned |= 1 << register;
    }

    private void prepareRegisters() {
        if (form.has("stack")) {
            long rsp = inWindow(256);
            pin(RSP, v.oneIn(4) ? rsp : rsp & -8L);
        }
        if (form.has("leave")) {
            pin(RBP, inWindow(256));
        }
        if (form.has("string")) {
            pin(RSI, ProcessorState.MIDDLE - 200 + v.below(400));
            pin(RDI, ProcessorState.MIDDLE - 200 + v.below(400));
            if (rep != 0) {
                pin(RCX, v.below(form.has("b") ? 150 : 20));
            }
            if (prefix67) {
                s.gpr[RSI] |= (long) v.below(2) << 40;
                s.gpr[RDI] |= (long) v.below(2) << 41;
                s.gpr[RCX] |= rep != 0 ? (long) v.below(2) << 42 : 0;
            }
        }
        if (form.has("xlat")) {
            pin(RBX, ProcessorState.MIDDLE - 128);
        }
        if (form.has("edi")) {
            pin(RDI, inWindow(64));
        }
        if (form.has("cx")) {
            pin(RCX, v.below(3) | (v.oneIn(3) ? (long) v.below(4) << 32 : 0));
        }
        if (form.has("cl")) {
            pin(RCX, v.oneIn(2) ? s.gpr[RCX] & ~0xffL | v.below(70) : s.gpr[RCX]);
        }
        if (form.has("cx8") || form.has("div") || form.has("idiv")) {
            pinned |= 1 << RAX | 1 << RDX | 1 << RBX | 1 << RCX;
        }
        if (form.has("cmp")) {
            pinned |= 1 << RAX;
        }
        if (form.has("ret")) {
            s.poke(s.gpr[RSP], 8, ProcessorState.FAR_TARGET);
        }
        if (form.has("popf")) {
            s.poke(s.gpr[RSP], 8, v.bits() & (STATUS | 0x400) | 0x202);
        }
    }

    // ---- choices -----------------------------------------------------------------------------

    private void chooseSize() {
        size = 4;
        if (form.has("b")) {
            size = 1;
        } else if (form.has("v")) {
            int n = v.below(5);
            prefix66 = n == 0 || n == 4 && v.oneIn(4);
            rexW = n == 1 || n == 2 || n == 4;
            size = rexW ? 8 : prefix66 ? 2 : 4;
        } else if (form.has("q")) {
            prefix66 = v.oneIn(6);
            rexW = v.oneIn(6);
            size = prefix66 && !rexW ? 2 : 8;
        } else if (form.has("w")) {
            rexW = v.oneIn(2);
            size = rexW ? 8 : 4;
        }
        if (form.has("w1")) {
            rexW = true;
            size = 8;
        }
        if (form.has("rep") && !v.oneIn(4)) {
            rep = v.oneIn(2) ? 0xf2 : 0xf3;
        }
        prefix67 = (form.has("string") || form.has("cx")) && v.oneIn(6);
    }

    private void chooseModrm() {
        reg = form.modrm() == Form.ANY_REG ? v.below(16) : form.modrm();
        if (form.has("mm") || form.has("st") || form.has("mmreg")) {
            reg &= 7;
        }
        memory = form.has("m") || !form.has("x") && v.oneIn(2);
        if (form.has("bt") && memory) {
            if (reg == RSP) {
                reg = RBP;
            }
            long offset = v.below(3200) - 1600L;
            long mask = size == 8 ? -1 : (1L << 8 * size) - 1;
            pin(reg, s.gpr[reg] & ~mask | offset & mask);
        }
        if (memory) {
            chooseAddress();
        } else {
            rm = v.below(form.has("mm") || form.has("st") || form.has("mmrm") ? 8 : 16);
            lock = false;
            if (form.has("target")) {
                pin(rm, ProcessorState.FAR_TARGET);
            }
            emitModrm(3, rm);
        }
    }

    private void emitModrm(int mod, int rmBits) {
        tail.add(mod << 6 | (reg & 7) << 3 | rmBits & 7);
        rexBits |= (reg >> 3) << 2;
        if (mod == 3) {
            rexBits |= rmBits >> 3;
        }
    }

    private void chooseAddress() {
        lock = form.has("lock") && v.oneIn(4);
        target = inWindow(form.has("bt") ? 256 : 64);
        if (form.has("m108")) {
            target = ProcessorState.WINDOW + v.below(900);
        } else if (form.has("m512")) {
            target = ProcessorState.WINDOW + 16L * v.below(32);
        } else if (form.has("a16")) {
            target &= -16L;
        } else if (lock || form.has("al8") || v.oneIn(2)) {
            target &= -8L;
        }
        prefix67 |= v.oneIn(12);
        int base = v.below(16);
        int shape = v.below(10);
        if (shape == 0) {
            emitModrm(0, 4);
            tail.add(0x25);
            word(target);
        } else if (shape == 1) {
            emitModrm(0, 5);
            ripFixup = tail.size();
            word(0);
        } else if ((pinned >> base & 1) != 0 || (base & 7) == 4 && shape < 4) {
            emitModrm(0, 4);
            tail.add(0x25);
            word(target);
        } else {
            registerAddress(base, shape >= 6 || (base & 7) == 4);
        }
    }

    private void registerAddress(int base, boolean sib) {
        int mod = v.below(3);
        if (mod == 0 && (base & 7) == RBP) {
            mod = 1;
        }
        long displacement =
                mod == 0 ? 0 : mod == 1 ? (byte) v.bits() : (int) v.bits() >> v.below(20);
        long sum = displacement;
        emitModrm(mod, sib ? 4 : base);
        rexBits |= base >> 3;
        if (sib) {
            int index = v.below(16);
            if (index == base || index == RSP || (pinned >> index & 1) != 0) {
                tail.add(v.below(4) << 6 | 4 << 3 | base & 7);
            } else {
                int scale = v.below(4);
                sum += s.gpr[index] << scale;
                pinned |= 1 << index;
                tail.add(scale << 6 | (index & 7) << 3 | base & 7);
                rexBits |= index >> 3 << 1;
            }
        }
        if (mod == 1) {
            tail.add((int) displacement & 0xff);
        } else if (mod == 2) {
            word(displacement);
        }
        long value = target - sum;
        if (prefix67) {
            value = value & 0xffff_ffffL | v.bits() << 32;
        }
        pin(base, value);
    }

    private void word(long value) {
        for (int i = 0; i < 4; i++) {
            tail.add((int) (value >>> 8 * i) & 0xff);
        }
    }

    private void chooseImmediate() {
        if (form.has("ib")) {
            immediateSize = 1;
        } else if (form.has("iw") || form.has("enter")) {
            immediateSize = 2;
        } else if (form.has("iz")) {
            immediateSize = size == 2 ? 2 : 4;
        } else if (form.has("iv")) {
            immediateSize = size;
        }
        immediate = form.has("shiftcount") ? v.below(80) : v.integer();
        if (form.has("ib3")) {
            immediate &= 7;
        }
        if (form.has("rel8") || form.has("rel32")) {
            immediateSize = form.has("rel8") ? 1 : 4;
            int length = form.opcode().length + immediateSize + (prefix67 ? 1 : 0);
            immediate =
                    (form.has("rel8") ? ProcessorState.NEAR_TARGET : ProcessorState.FAR_TARGET)
                            - ProcessorState.INSTRUCTION
                            - length;
        }
        if (form.has("enter")) {
            immediateSize = 3;
            immediate = v.below(64) | (long) v.below(4) << 16;
            pin(RBP, ProcessorState.MIDDLE + v.below(32) * 8L);
        }
    }

    private void prepareMemory() {
        if (!memory) {
            if (form.has("cmp") && v.oneIn(2)) {
                long mask = size == 8 ? -1 : (1L << 8 * size) - 1;
                if (size > 1) {
                    s.gpr[RAX] = s.gpr[RAX] & ~mask | s.gpr[rm] & mask;
                }
            }
            return;
        }
        if (form.has("target")) {
            s.poke(target, 8, ProcessorState.FAR_TARGET);
        }
        if (form.has("cmp") && v.oneIn(2)) {
            long mask = size == 8 ? -1 : (1L << 8 * size) - 1;
            s.gpr[RAX] = s.gpr[RAX] & ~mask | s.peek(target, size);
        }
        if (form.has("cx8") && v.oneIn(2)) {
            int half = rexW ? 8 : 4;
            s.gpr[RAX] = s.peek(target, half);
            s.gpr[RDX] = s.peek(target + half, half);
        }
        floatingMemory();
    }

    private void floatingMemory() {
        if (form.has("f32")) {
            s.poke(target, 4, v.single());
        } else if (form.has("f64")) {
            s.poke(target, 8, v.dual());
        } else if (form.has("i16") || form.has("i32") || form.has("i64")) {
            s.poke(target, 8, v.integer());
        } else if (form.has("f80")) {
            int e = v.exponent();
            s.poke(target, 8, v.significand(e));
            s.poke(target + 8, 2, e);
        } else if (form.has("bcd")) {
            long digits = 0;
            for (int i = 0; i < 18; i++) {
                digits = digits << 4 | v.below(10);
                if (i == 7) {
                    s.poke(target + 5, 4, digits);
                }
            }
            s.poke(target, 5, digits);
            s.poke(target + 9, 1, v.below(2) << 7);
        } else if (form.has("fenv")) {
            s.poke(target, 4, s.fcw | 0xffff_0040L & 0xffff_0000L);
            s.poke(target + 4, 4, v.bits() & 0x7f7f | 0xffff_0000L);
            s.poke(target + 8, 4, v.bits() & 0xffff | 0xffff_0000L);
        } else if (form.has("fcw")) {
            s.poke(target, 2, 0x7f | v.below(4) << 10 | 0x300);
        } else if (form.has("mxcsr")) {
            s.poke(target, 4, v.below(0x10000) | 0x1f80);
        }
    }

    // ---- what must not be ---------------------------------------------------------------------

    /** Makes most divisions possible; false if this one raises #DE. */
    private boolean divides() {
        boolean signed = form.has("idiv");
        if (!signed && !form.has("div")) {
            return true;
        }
        java.math.BigInteger divisor = operand(signed);
        if (divisor.signum() == 0) {
            return false;
        }
        if (size > 1 && v.below(4) != 0) {
            s.gpr[RDX] = signed ? s.gpr[RAX] >> 63 : v.below(3);
            if (signed && size < 8) {
                s.gpr[RDX] = s.gpr[RAX] << 64 - 8 * size >> 63;
            }
        } else if (size == 1) {
            s.gpr[RAX] = s.gpr[RAX] & ~0xffffL | v.below(2000) - 500 & 0xffff;
        }
        // The operand may have been RAX, AH or RDX.
        divisor = operand(signed);
        if (divisor.signum() == 0) {
            return false;
        }
        java.math.BigInteger dividend = dividend(signed);
        java.math.BigInteger q = dividend.divide(divisor);
        int bits = 8 * size;
        return signed ? q.bitLength() < bits : q.bitLength() <= bits;
    }

    private java.math.BigInteger operand(boolean signed) {
        long value;
        if (memory) {
            value = s.peek(target, size);
        } else if (size == 1 && rm >= 4 && rm < 8 && rexByte() == 0) {
            value = s.gpr[rm - 4] >>> 8;
        } else {
            value = s.gpr[rm];
        }
        return big(value, size, signed);
    }

    private java.math.BigInteger dividend(boolean signed) {
        if (size == 1) {
            return big(s.gpr[RAX], 2, signed);
        }
        return big(s.gpr[RDX], size, signed).shiftLeft(8 * size).add(big(s.gpr[RAX], size, false));
    }

    private static java.math.BigInteger big(long value, int size, boolean signed) {
        long extended = value << 64 - 8 * size >> 64 - 8 * size;
        java.math.BigInteger b = java.math.BigInteger.valueOf(extended);
        return signed || b.signum() >= 0 ? b : b.add(java.math.BigInteger.ONE.shiftLeft(8 * size));
    }

    private int count() {
        long c = form.has("ib") ? immediate : form.has("cl") ? s.gpr[RCX] : 1;
        return (int) c & (size == 8 ? 63 : 31);
    }

    /** SHLD and SHRD of 16 bits by more than 16 leave everything undefined. */
    private boolean shifts() {
        return !form.has("shld") || count() <= 8 * size;
    }

    // ---- what counts --------------------------------------------------------------------------

    private int definedFlags() {
        int undefined = 0;
        String letters = form.argument("u");
        String order = "C.P.A.ZS...O";
        for (int i = 0; i < letters.length(); i++) {
            undefined |= 1 << order.indexOf(letters.charAt(i));
        }
        boolean shift = form.has("shift") || form.has("sar") || form.has("shld");
        if ((shift || form.has("rot")) && count() != 0) {
            undefined |= shift ? 0x10 : 0;
            undefined |= count() != 1 ? 0x800 : 0;
            undefined |= form.has("shift") && count() >= 8 * size ? 1 : 0;
        }
        return VISIBLE & ~undefined;
    }

    private int definedStatus() {
        int defined = 0xffff;
        if (form.has("fcc")) {
            defined &= ~0x4500;
        }
        if (form.has("c1undef") || form.has("approx")) {
            defined &= ~0x0200;
        }
        if (form.has("approx")) {
            defined &= ~0x0032;
        }
        return defined;
    }

    private BitSet ignored() {
        BitSet bytes = new BitSet();
        ignore(bytes, form.argument("ign"));
        ignore(bytes, form.argument("ign2"));
        if (form.has("fxs")) {
            ignore(bytes, "416-512");
        }
        return bytes;
    }

    private void ignore(BitSet bytes, String range) {
        int dash = range.indexOf('-');
        if (memory && dash > 0) {
            int at = (int) (target - ProcessorState.WINDOW);
            bytes.set(
                    at + Integer.parseInt(range.substring(0, dash)),
                    at + Integer.parseInt(range.substring(dash + 1)));
        }
    }

    // ---- bytes --------------------------------------------------------------------------------

    private int rexByte() {
        int bits = rexBits | (rexW ? 8 : 0);
        if (form.has("+r") && plusR() >= 8) {
            bits |= 1;
        }
        return bits != 0 ? 0x40 | bits : 0;
    }

    /** The register of a {@code +r} form. */
    private int plusR() {
        return high ? opcodeLow | 8 : opcodeLow;
    }

    private void legacyOpcode(List<Integer> out) {
        if (form.prefix() != 0) {
            out.add(form.prefix());
        }
        int rex = rexByte();
        if (rex != 0) {
            out.add(rex);
        }
        int[] opcode = form.opcode();
        for (int i = 0; i < opcode.length; i++) {
            out.add(opcode[i] + (i == opcode.length - 1 ? opcodeLow : 0));
        }
    }

    /** C4, its two bytes, and the opcode; REX.B for a register in ModRM.rm as in a REX byte. */
    private void vexPrefix(List<Integer> out) {
        int[] opcode = form.opcode();
        int map = opcode[1] == 0x38 ? 2 : 3;
        int second = form.has("vex2") ? 0 : v.below(16);
        int pp =
                switch (form.prefix()) {
                    case 0x66 -> 1;
                    case 0xf3 -> 2;
                    case 0xf2 -> 3;
                    default -> 0;
                };
        out.add(0xc4);
        out.add(~rexBits << 5 & 0xe0 | map);
        out.add((rexW ? 0x80 : 0) | (~second & 15) << 3 | pp);
        out.add(opcode[2]);
    }

    private byte[] encode() {
        List<Integer> out = new ArrayList<>();
        if (v.oneIn(20) && !form.has("rel8") && !form.has("rel32")) {
            out.add(new int[] {0x26, 0x2e, 0x36, 0x3e}[v.below(4)]);
        }
        if (prefix66) {
            out.add(0x66);
        }
        if (prefix67) {
            out.add(0x67);
        }
        if (lock) {
            out.add(0xf0);
        }
        if (rep != 0) {
            out.add(rep);
        }
        if (form.has("vex") || form.has("vex2")) {
            vexPrefix(out);
        } else {
            legacyOpcode(out);
        }
        int beforeTail = out.size();
        out.addAll(tail);
        for (int i = 0; i < immediateSize; i++) {
            out.add((int) (immediate >>> 8 * i) & 0xff);
        }
        if (ripFixup >= 0) {
            long next = ProcessorState.INSTRUCTION + out.size();
            for (int i = 0; i < 4; i++) {
                out.set(beforeTail + ripFixup + i, (int) (target - next >>> 8 * i) & 0xff);
            }
        }
        byte[] code = new byte[out.size()];
        for (int i = 0; i < code.length; i++) {
            code[i] = out.get(i).byteValue();
        }
        return code;
    }
}
