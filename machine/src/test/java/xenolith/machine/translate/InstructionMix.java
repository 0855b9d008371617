package xenolith.machine.translate;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import xenolith.machine.oracle.RandomInstruction;
import xenolith.machine.translate.CodeWriter.Rm;

/**
 * Random instructions with a liking for what compilers emit, on registers of which some hold
 * pointers: most memory operands are mapped, some cross pages, a few fault.
 */
final class InstructionMix {
    static final int RAX = 0;
    static final int RCX = 1;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RBP = 5;
    static final int RSI = 6;
    static final int RDI = 7;

    /** Points to something that may not be accessed, at times. */
    static final int TRAP = 12;

    /** A small index. */
    static final int INDEX = 14;

    /** Counts rounds of loops. */
    static final int COUNTER = 15;

    private static final int[] WIDE_FREE = {0, 1, 2, 8, 9, 10, 11, 13};
    private static final int[] NARROW_FREE = {0, 1, 2};
    private static final int[] WIDE_POINTERS = {RBX, RBP, RSI, RDI};

    private final CodeWriter w;
    private final SplittableRandom random;
    private final RandomInstruction.Forms forms;

    InstructionMix(CodeWriter w, SplittableRandom random, RandomInstruction.Forms forms) {
        this.w = w;
        this.random = random;
        this.forms = forms;
    }

    int below(int bound) {
        return random.nextInt(bound);
    }

    boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    long value() {
        return switch (below(6)) {
            case 0 -> below(4) - 1L;
            case 1 -> (1L << below(64)) - below(2);
            case 2 -> below(256) - 128L;
            case 3 -> random.nextLong() >> below(64);
            default -> random.nextLong();
        };
    }

    int free() {
        int[] all = w.wide ? WIDE_FREE : NARROW_FREE;
        return all[below(all.length)];
    }

    private int pointer() {
        return WIDE_POINTERS[below(WIDE_POINTERS.length)];
    }

    private int source() {
        return switch (below(12)) {
            case 0 -> pointer();
            case 1 -> RSP;
            case 2 -> w.wide ? INDEX : RBX;
            default -> free();
        };
    }

    private int target() {
        return oneIn(60) ? pointer() : free();
    }

    private int size() {
        int n = below(20);
        return n < 3 ? 1 : n < 5 ? 2 : n < 12 || !w.wide ? 4 : 8;
    }

    /** Opcode of the byte form {@code byteForm}, or of the others, which follows it. */
    private static int form(int byteForm, int size) {
        return size == 1 ? byteForm : byteForm | 1;
    }

    /** A place in the data pages, near a border at times, or beyond them. */
    static long place(SplittableRandom random) {
        long data = Duel.DATA;
        return switch (random.nextInt(24)) {
            case 0, 1, 2 -> data + 0x1000L * (1 + random.nextInt(3)) - random.nextInt(9);
            case 3 -> Duel.READ_ONLY - random.nextInt(9);
            case 4 -> Duel.READ_ONLY + random.nextInt(4000);
            case 5 -> random.nextInt(3) == 0 ? Duel.HOLE - random.nextInt(9) : data + 8;
            default -> data + random.nextInt(0x3000);
        };
    }

    Rm memory() {
        int n = below(100);
        Rm rm;
        if (n < 55) {
            rm = Rm.at(pointer(), oneIn(4) ? below(600) - 40 : below(256) - 128);
        } else if (n < 66) {
            int index = oneIn(12) ? free() : w.wide ? INDEX : -1;
            rm = Rm.indexed(pointer(), index, below(4), below(64));
        } else if (n < 78) {
            rm = Rm.absolute(place(random));
        } else if (n < 88) {
            rm = Rm.relative(place(random));
        } else if (n < 97) {
            rm = Rm.at(RSP, 8L * below(16) - 16);
        } else if (n < 98 && w.wide) {
            rm = Rm.at(TRAP, below(8));
        } else {
            rm = Rm.absolute(Duel.DATA + below(0x3000)).prefixed(0x64 + below(2));
        }
        return rm.prefix() == 0 && w.wide && oneIn(60) ? rm.prefixed(0x67) : rm;
    }

    private Rm either() {
        return oneIn(2) ? memory() : Rm.register(target());
    }

    /** Writes one instruction, or a few that belong together. */
    void any() {
        switch (below(40)) {
            case 0, 1, 2, 3, 4, 5, 6 -> arithmetic();
            case 7, 8, 9, 10, 11, 12, 13 -> move();
            case 14, 15 -> extend();
            case 16, 17 -> w.instruction(0, addressSize(), 0x8d, target(), memory());
            case 18, 19 -> compare();
            case 20, 21, 22 -> shift();
            case 23, 24 -> one();
            case 25, 26 -> conditional();
            case 27, 28 -> stack();
            case 29 -> bits();
            case 30 -> multiply();
            case 31 -> exchange();
            case 32 -> flags();
            case 33 -> string();
            case 34 -> rare();
            case 35 -> vector();
            default -> ofTheOracle();
        }
    }

    private int addressSize() {
        return w.wide ? 8 : 4;
    }

    private void arithmetic() {
        int op = below(8);
        int size = size();
        int n = below(10);
        if (n < 4) {
            w.instruction(0, size, form(op << 3 | 2, size), target(), either());
        } else if (n < 7) {
            Rm rm = either();
            int lock = op != 7 && rm.memory() && oneIn(8) ? CodeWriter.LOCK : 0;
            w.instruction(lock, size, form(op << 3, size), source(), rm);
        } else if (n < 9 && size != 1) {
            w.instruction(0, size, 0x83, op, either(), 1, value());
        } else {
            int immediate = Math.min(size, 4);
            w.instruction(0, size, form(0x80, size), op, either(), immediate, value());
        }
    }

    private void move() {
        int size = size();
        switch (below(8)) {
            case 0, 1, 2 -> w.instruction(0, size, form(0x8a, size), target(), memory());
            case 3, 4 -> w.instruction(0, size, form(0x88, size), source(), memory());
            case 5 -> w.instruction(0, size, form(0x88, size), source(), Rm.register(target()));
            case 6 -> w.load(target(), value());
            default -> {
                int immediate = Math.min(size, 4);
                w.instruction(0, size, form(0xc6, size), 0, either(), immediate, value());
            }
        }
    }

    private void extend() {
        int size = w.wide && oneIn(2) ? 8 : oneIn(4) ? 2 : 4;
        if (size == 8 && oneIn(3)) {
            w.instruction(0, 8, 0x63, target(), either());
        } else {
            int opcode = new int[] {0x0fb6, 0x0fb7, 0x0fbe, 0x0fbf}[below(4)];
            Rm rm = oneIn(2) ? memory() : Rm.register(below(4));
            w.instruction(0, size, opcode, target(), rm);
        }
    }

    private void compare() {
        int size = size();
        if (oneIn(2)) {
            w.instruction(0, size, form(0x84, size), source(), either());
        } else {
            w.instruction(0, size, form(0x38, size), source(), either());
        }
    }

    private void shift() {
        int size = size();
        int op = below(8);
        if (op == 6 && !oneIn(4)) {
            op = 4;
        }
        switch (below(6)) {
            case 0 -> w.instruction(0, size, form(0xd0, size), op, either());
            case 1 -> w.instruction(0, size, form(0xd2, size), op, either());
            case 2 -> {
                int opcode = oneIn(2) ? 0x0fa4 : 0x0fac;
                int wideSize = Math.max(size, 4);
                w.instruction(0, wideSize, opcode, source(), either(), 1, below(70));
            }
            default -> w.instruction(0, size, form(0xc0, size), op, either(), 1, below(70));
        }
    }

    private void one() {
        int size = size();
        int lock;
        Rm rm = either();
        lock = rm.memory() && oneIn(10) ? CodeWriter.LOCK : 0;
        if (oneIn(2)) {
            w.instruction(lock, size, form(0xfe, size), below(2), rm);
        } else {
            w.instruction(lock, size, form(0xf6, size), 2 + below(2), rm);
        }
    }

    private void conditional() {
        if (oneIn(2)) {
            w.instruction(0, 1, 0x0f90 | below(16), 0, either());
        } else {
            int size = w.wide && oneIn(2) ? 8 : oneIn(6) ? 2 : 4;
            w.instruction(0, size, 0x0f40 | below(16), target(), either());
        }
    }

    private void stack() {
        switch (below(6)) {
            case 0, 1, 2 -> {
                push(source());
                if (oneIn(2)) {
                    arithmetic();
                }
                pop(free());
            }
            case 3 -> {
                w.instruction(0, 4, 0xff, 6, memory());
                w.instruction(0, 4, 0x8f, 0, oneIn(3) ? memory() : Rm.register(free()));
            }
            case 4 -> {
                w.bytes(0x6a, below(256));
                pop(free());
            }
            default -> {
                w.bytes(0x9c);
                pop(free());
            }
        }
    }

    void push(int register) {
        if (register >= 8) {
            w.bytes(0x41);
        }
        w.bytes(0x50 | register & 7);
    }

    void pop(int register) {
        if (register >= 8) {
            w.bytes(0x41);
        }
        w.bytes(0x58 | register & 7);
    }

    private void bits() {
        int size = Math.max(size(), 2);
        switch (below(4)) {
            case 0 ->
                    w.instruction(0, size, 0x0fa3 | below(4) << 3, source(), Rm.register(target()));
            case 1 -> w.instruction(0, size, 0x0fba, 4 + below(4), either(), 1, below(64));
            case 2 -> w.instruction(0, size, 0x0fbc | below(2), target(), either());
            default -> {
                int register = free();
                boolean large = w.wide && oneIn(2);
                w.bytes(w.wide ? new int[] {0x40 | (large ? 8 : 0) | register >> 3} : new int[0]);
                w.bytes(0x0f, 0xc8 | register & 7);
            }
        }
    }

    private void multiply() {
        int size = size();
        switch (below(5)) {
            case 0 -> w.instruction(0, Math.max(size, 2), 0x0faf, target(), either());
            case 1 -> w.instruction(0, Math.max(size, 2), 0x6b, target(), either(), 1, value());
            case 2 -> w.instruction(0, size, form(0xf6, size), 4 + below(2), either());
            case 3 -> {
                w.load(RDX, below(3));
                w.load(RCX, 7 + below(1000));
                w.instruction(0, Math.max(size, 4), 0xf7, 6 + below(2), Rm.register(RCX));
            }
            default -> {
                if (w.wide && oneIn(2)) {
                    w.bytes(0x48);
                }
                w.bytes(0x98 + below(2));
            }
        }
    }

    private void exchange() {
        int size = size();
        int lock = oneIn(3) ? CodeWriter.LOCK : 0;
        switch (below(5)) {
            case 0 -> w.instruction(0, size, form(0x86, size), free(), either());
            case 1 -> w.instruction(lock, size, form(0x0fb0, size), source(), memory());
            case 2 -> w.instruction(lock, size, form(0x0fc0, size), free(), memory());
            case 3 -> w.instruction(lock, w.wide && oneIn(2) ? 8 : 4, 0x0fc7, 1, memory());
            default -> w.instruction(0, size, form(0x0fc0, size), free(), Rm.register(free()));
        }
    }

    private void flags() {
        switch (below(9)) {
            case 0 -> w.bytes(0xf8);
            case 1 -> w.bytes(0xf9);
            case 2 -> w.bytes(0xf5);
            case 3 -> w.bytes(0x9f);
            case 4 -> w.bytes(0x9e);
            case 5 -> {
                w.bytes(0x68).number(0x202 | value() & 0x8d5, 4);
                w.bytes(0x9d);
            }
            case 6 -> {
                w.bytes(0xfd);
                string();
                w.bytes(0xfc);
            }
            default -> {
                arithmetic();
                conditional();
            }
        }
    }

    private void string() {
        int opcode = new int[] {0xa4, 0xa6, 0xaa, 0xac, 0xae}[below(5)];
        int size = size();
        if (oneIn(3)) {
            w.load(RSI, Duel.DATA + 0x100 + below(0x2c00));
            w.load(RDI, Duel.DATA + 0x100 + below(0x2c00));
        }
        if (oneIn(2)) {
            w.load(RCX, oneIn(8) ? below(400) : below(12));
            w.bytes(0xf2 + below(2));
        }
        if (size == 2) {
            w.bytes(0x66);
        } else if (size == 8) {
            w.bytes(0x48);
        }
        w.bytes(form(opcode, size));
    }

    private void rare() {
        switch (below(12)) {
            case 0 -> w.bytes(0x0f, 0x31);
            case 1 -> w.bytes(0xf3, 0x90);
            case 2 -> w.bytes(0x0f, 0xa2);
            case 3 -> w.bytes(0xd7);
            case 4 -> w.bytes(0x0f, 0xae, 0xf0);
            case 5 -> w.bytes(0xcc);
            case 6 -> w.bytes(0x0f, 0x05);
            case 7 -> w.instruction(0, 4, 0x0f18, 1, memory());
            case 8 -> w.load(pointer(), place(random));
            case 9 -> {
                if (w.wide) {
                    w.load(TRAP, trap());
                }
            }
            default -> {
                if (w.wide) {
                    w.load(INDEX, below(100));
                }
            }
        }
    }

    /** An address that may not be accessed, or only just. */
    private long trap() {
        return switch (below(6)) {
            case 0 -> 0x8000_0000_0000_0000L | below(4096);
            case 1 -> Duel.HOLE + below(4096);
            case 2 -> Duel.SUPERVISOR + below(4096);
            case 3 -> 0x7fff_ffff_fff9L + below(9);
            case 4 -> Duel.READ_ONLY + below(4096);
            default -> Duel.DATA;
        };
    }

    private void vector() {
        int x = below(w.wide ? 16 : 8);
        Rm other = oneIn(2) ? memory() : Rm.register(below(w.wide ? 16 : 8));
        int[] prefixes = {0, 0x66, 0xf2, 0xf3};
        switch (below(6)) {
            case 0 -> w.instruction(oneIn(2) ? 0xf3 : 0, 4, 0x0f10 | below(2), x, other);
            case 1 -> w.instruction(oneIn(2) ? 0xf3 : 0x66, 4, 0x0f6f, x, other);
            case 2 -> w.instruction(oneIn(2) ? 0xf3 : 0x66, 4, 0x0f7f, x, other);
            case 3 -> {
                int[] opcodes = {0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0x51};
                w.instruction(prefixes[below(4)], 4, 0x0f00 | opcodes[below(7)], x, other);
            }
            case 4 -> w.instruction(oneIn(2) ? 0x66 : 0, 4, 0x0f2e | below(2), x, other);
            default -> {
                int[] opcodes = {0xef, 0xfe, 0xd4, 0x74, 0x60, 0x6c, 0xdb};
                w.instruction(0x66, 4, 0x0f00 | opcodes[below(7)], x, other);
            }
        }
    }

    /** Any instruction of the native oracle's tables, its registers loaded before. */
    private void ofTheOracle() {
        RandomInstruction i = w.wide ? suitable() : null;
        if (i == null) {
            return;
        }
        for (int register = 0; register < 16; register++) {
            if ((i.pinned() >>> register & 1) != 0) {
                w.load(register, i.gpr()[register]);
            }
        }
        for (byte b : i.code()) {
            w.bytes(b);
        }
        reseat(i.pinned());
    }

    private @Nullable RandomInstruction suitable() {
        RandomInstruction i = RandomInstruction.make(forms, random);
        return i == null || (i.pinned() & 1 << RSP) != 0 || mayChangeStack(i.code()) ? null : i;
    }

    /** Whether register 4 is named as an operand, as far as can be told by a glance. */
    private static boolean mayChangeStack(byte[] code) {
        for (int n = 0; n < code.length; n++) {
            int b = code[n] & 0xff;
            if (b >= 0x26 && b != 0x0f && b != 0x66 && b != 0x67 && (b & 0xf0) != 0x40) {
                boolean ofOpcode = (b & 7) == RSP;
                int next = n + 1 < code.length ? code[n + 1] & 0xff : 0;
                return ofOpcode && b >= 0x90 || (next >>> 3 & 7) == RSP || (next & 7) == RSP;
            }
        }
        return true;
    }

    /** Gives the pointers among the registers {@code changed} (a bit each) a good value again. */
    private void reseat(int changed) {
        for (int register : WIDE_POINTERS) {
            if ((changed >>> register & 1) != 0) {
                w.load(register, place(random));
            }
        }
        if ((changed >>> INDEX & 1) != 0) {
            w.load(INDEX, below(100));
        }
    }
}
