package xenolith.machine.translate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;
import xenolith.machine.interpret.TinyGuest;

/** Loops of random SSE instructions end in translated code as they end in the interpreter. */
class VectorTranslationTest {
    private static final int LOOPS = Integer.getInteger("xenolith.vector.loops", 500);
    private static final int ROUNDS = 12;
    private static final int DATA_BYTES = 1024;
    private static final int SHOWN_BYTES = 16 * 441;

    /** Registers that are operands, as vector and as general ones. */
    private static final int[] OPERANDS = {0, 2, 3, 8, 13};

    private static final long[] DOUBLES = {
        0,
        Long.MIN_VALUE,
        1,
        0x000f_ffff_ffff_ffffL,
        0x0010_0000_0000_0000L,
        0x3fef_ffff_ffff_ffffL,
        0x8010_0000_0000_0001L,
        0x3ff0_0000_0000_0000L,
        0xbff8_0000_0000_0000L,
        0x4340_0000_0000_0001L,
        0x41df_ffff_ffc0_0000L,
        0xc1e0_0000_0000_0000L,
        0x7fef_ffff_ffff_ffffL,
        0x7ff0_0000_0000_0000L,
        0xfff0_0000_0000_0000L,
        0x7ff8_0000_0000_0001L,
        0x7ff0_0000_0000_0001L,
        0x3ff0_0000_3f80_0000L,
        0x0000_0001_7f80_0000L,
        0x7fc0_0000_bf80_0000L,
        0x0080_0000_8080_0001L
    };

    /** Seeds from -1 down that stand for all pairs of these. */
    private static final int PAIR_SEEDS = 1000;

    private static final int[] MODES = {0x1f80, 0x1fa0, 0x1fa0, 0x1fa0, 0x1fa2, 0x9fe0, 0x1fbf};

    private final SplittableRandom random = new SplittableRandom(20_261_122);
    private final List<int[]> forms = forms();

    /** Map, prefix and opcode of every instruction that the families translate. */
    private static List<int[]> forms() {
        List<int[]> found = new ArrayList<>();
        for (int map = 1; map <= 3; map++) {
            for (int prefix : new int[] {0, 0x66, 0xf3, 0xf2}) {
                for (int opcode = 0; opcode < 256; opcode++) {
                    int[] form = {map, prefix, opcode};
                    if (known(form, 0xc1) || known(form, 0x06) || known(form, 0xd1)) {
                        found.add(form);
                    }
                }
            }
        }
        return found;
    }

    private static boolean known(int[] form, int modrm) {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        write(code, form, 0);
        code.write(modrm);
        code.write(0);
        Instruction i = decode(code.toByteArray());
        return i != null && VectorForm.of(i) != null;
    }

    private static @Nullable Instruction decode(byte[] bytes) {
        try {
            return Decoder.decode(n -> n < bytes.length ? bytes[n] & 0xff : 0, Cpu.MODE_64, 0);
        } catch (DecodeException e) {
            return null;
        }
    }

    private static void write(ByteArrayOutputStream code, int[] form, int rex) {
        if (form[1] != 0) {
            code.write(form[1]);
        }
        if (rex != 0) {
            code.write(rex);
        }
        code.write(0x0f);
        if (form[0] > 1) {
            code.write(form[0] == 2 ? 0x38 : 0x3a);
        }
        code.write(form[2]);
    }

    @Test
    void manyFormsAreTranslated() {
        assertThat(forms).hasSizeGreaterThan(170);
    }

    @Test
    void randomLoopsEndAlike() {
        int faults = 0;
        int complete = 0;
        for (int n = 0; n < LOOPS; n++) {
            List<String> stops = compare(program(), random.nextLong(), mode());
            if (stops.getLast().contains("vector=6,")) {
                complete++;
            } else {
                faults++;
            }
        }
        assertThat(faults).isGreaterThan(LOOPS / 100);
        assertThat(complete).isGreaterThan(LOOPS / 2);
    }

    /** Every pair of special numbers, in every operation that has a quick and an exact way. */
    @ParameterizedTest
    @ValueSource(ints = {0x51, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0x2e})
    void specialPairsEndAlike(int opcode) {
        for (int prefix : new int[] {0xf2, 0xf3, 0x66, 0}) {
            if (opcode == 0x2e && prefix >= 0xf2) {
                continue;
            }
            // movups (%rsi),%xmm0; the operation on 8(%rsi), by %xmm2; setcc %al; the result
            String p = prefix == 0 ? "" : Integer.toHexString(prefix);
            String op = p + "0f" + Integer.toHexString(opcode) + "c2";
            String code = "0f1006" + "0f105608" + op + "0f96c0" + "0f1106" + "4883c610ffc90f85";
            int size = code.length() / 2;
            byte[] bytes = HexFormat.of().parseHex(code + little(-size - 4) + "0f0b");
            for (int mode : new int[] {0x1f80, 0x1fa0, 0x9fe0, 0x3fa0, 0x5f80, 0x1f00}) {
                compare(bytes, -1 - random.nextInt(PAIR_SEEDS), mode);
            }
        }
    }

    private int mode() {
        return switch (random.nextInt(10)) {
            case 0 -> random.nextInt(0x1_0000);
            case 1 -> MODES[random.nextInt(MODES.length)] | random.nextInt(4) << 13;
            default -> MODES[random.nextInt(MODES.length)];
        };
    }

    // ---- programs ----------------------------------------------------------------------------

    private byte[] program() {
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        int length = 2 + random.nextInt(14);
        for (int n = 0; n < length; n++) {
            byte[] one = random.nextInt(5) == 0 ? general() : vector();
            if (random.nextInt(12) == 0) {
                // A branch over it, so that units begin and end in the middle.
                code.write(0x70 + random.nextInt(16));
                code.write(one.length);
            }
            code.writeBytes(one);
        }
        // add $16,%rsi; dec %ecx; jne to the begin; ud2
        code.writeBytes(HexFormat.of().parseHex("4883c610ffc90f85"));
        int back = -code.size() - 4;
        code.writeBytes(HexFormat.of().parseHex(little(back) + "0f0b"));
        return code.toByteArray();
    }

    private static String little(int value) {
        return HexFormat.of().toHexDigits(Integer.reverseBytes(value));
    }

    /** Instructions that use flags, or run in the interpreter. */
    private static final String[] GENERAL = {
        "01d0",
        "11d0",
        "ffc0",
        "d3e0",
        "0fafc2",
        "0fa3d0",
        "48f7da",
        "0f92c0",
        "0f93c2",
        "0f94c0",
        "0f95c2",
        "0f9ac0",
        "0f9bc2",
        "0f97c0",
        "0f96c2",
        "0f98c0",
        "0f9ec2",
        "0f4ac2",
        "0f47c2",
        "660f38dcc2",
        "0fae5e40",
        "660f3a0bc201",
        "f30fc2c201",
        "0f5bc2",
        "0f53d0",
        "d9c0",
        "9c58",
        "4488c0",
        "66490f6ec0",
        "0f1f00",
        "0f54c2"
    };

    private byte[] general() {
        return HexFormat.of().parseHex(GENERAL[random.nextInt(GENERAL.length)]);
    }

    private byte[] vector() {
        while (true) {
            int[] form = forms.get(random.nextInt(forms.size()));
            int reg = OPERANDS[random.nextInt(OPERANDS.length)];
            int rm = OPERANDS[random.nextInt(OPERANDS.length)];
            boolean memory = random.nextInt(3) == 0;
            boolean group = form[0] == 1 && form[2] >= 0x71 && form[2] <= 0x73;
            if (group) {
                reg = random.nextInt(8);
            }
            int rex = random.nextInt(4) == 0 ? 8 : 0;
            rex |= (reg >>> 3) << 2;
            ByteArrayOutputStream code = new ByteArrayOutputStream();
            if (memory) {
                write(code, form, rex == 0 ? 0 : 0x40 | rex);
                code.write(0x46 | (reg & 7) << 3);
                boolean odd = random.nextInt(20) == 0;
                code.write(odd ? random.nextInt(112) : 16 * random.nextInt(7));
            } else {
                rex |= rm >>> 3;
                write(code, form, rex == 0 ? 0 : 0x40 | rex);
                code.write(0xc0 | (reg & 7) << 3 | rm & 7);
            }
            int length = code.size();
            code.write(random.nextInt(256));
            byte[] bytes = code.toByteArray();
            Instruction i = decode(bytes);
            if (i != null && VectorForm.of(i) != null) {
                assertThat(i.length).isBetween(length, length + 1);
                return Arrays.copyOf(bytes, i.length);
            }
        }
    }

    // ---- both engines ------------------------------------------------------------------------

    private List<String> compare(byte[] code, long seed, int mxcsr) {
        try (TinyGuest expected = new TinyGuest(Cpu.MODE_64);
                TinyGuest found = new TinyGuest(Cpu.MODE_64)) {
            List<String> first = run(expected, expected.interpreter, code, seed, mxcsr);
            Translator translator = new Translator(found.memory, 2);
            List<String> second = run(found, translator, code, seed, mxcsr);
            String program =
                    HexFormat.of().formatHex(code) + ", MXCSR " + Integer.toHexString(mxcsr);
            assertThat(second).as(program).isEqualTo(first);
            assertThat(state(found)).as(program).isEqualTo(state(expected));
            return first;
        }
    }

    private static List<String> run(
            TinyGuest guest, Engine engine, byte[] code, long seed, int mxcsr) {
        guest.code(HexFormat.of().formatHex(code));
        SplittableRandom values = new SplittableRandom(seed);
        boolean pairs = seed < 0 && seed >= -PAIR_SEEDS;
        int rounds = pairs ? DOUBLES.length * DOUBLES.length : ROUNDS;
        List<Integer> order = new ArrayList<>(IntStream.range(0, rounds).boxed().toList());
        Collections.shuffle(order, new Random(seed));
        for (int n = 0; pairs && n < rounds; n++) {
            int pair = order.get(n);
            long at = TinyGuest.maddr(TinyGuest.DATA) + 16L * n;
            guest.memory.put64(at, DOUBLES[pair / DOUBLES.length]);
            guest.memory.put64(at + 8, DOUBLES[pair % DOUBLES.length]);
        }
        boolean calm = values.nextBoolean();
        for (int n = 0; !pairs && n < DATA_BYTES / 8; n++) {
            guest.memory.put64(TinyGuest.maddr(TinyGuest.DATA) + 8L * n, value(values, calm));
        }
        Cpu cpu = guest.cpu;
        for (int n = 0; n < 16; n++) {
            cpu.set(n, n == Cpu.RSP ? TinyGuest.STACK : value(values, calm));
            cpu.xmm[4 * n] = value(values, calm);
            cpu.xmm[4 * n + 1] = value(values, calm);
        }
        cpu.rsi = TinyGuest.DATA;
        cpu.rcx = rounds;
        cpu.mxcsr = mxcsr;
        cpu.cr4 |= 1 << 9 | 1 << 10;
        if (!pairs && values.nextInt(50) == 0) {
            cpu.cr0 |= 1 << 3;
        } else {
            cpu.cr0 &= ~(1 << 3);
        }
        List<String> stops = new ArrayList<>();
        Exit exit;
        do {
            // Short runs, with the flags cleared: what came before must not hide what comes.
            cpu.mxcsr = mxcsr;
            cpu.limit = cpu.retired + (pairs ? 16 : 1000);
            exit = engine.run(cpu);
            stops.add(exit + " " + Integer.toHexString(cpu.mxcsr));
        } while (pairs && exit == Exit.Simple.TIME_UP);
        return stops;
    }

    private static long value(SplittableRandom values, boolean calm) {
        int kind = values.nextInt(calm ? 40 : 6);
        if (kind == 0) {
            return DOUBLES[values.nextInt(DOUBLES.length)];
        }
        if (kind == 1) {
            return values.nextLong();
        }
        if (kind == 2) {
            return Double.doubleToRawLongBits(values.nextInt(-9, 10));
        }
        if (kind == 3) {
            long single = Float.floatToRawIntBits(values.nextInt(-9, 10));
            return single << 32 | Float.floatToRawIntBits(values.nextFloat()) & 0xffff_ffffL;
        }
        return Double.doubleToRawLongBits(values.nextDouble(-1e3, 1e3));
    }

    private static String state(TinyGuest guest) {
        Cpu cpu = guest.cpu;
        StringBuilder s = new StringBuilder();
        for (int n = 0; n < 16; n++) {
            s.append("r%d %x\n".formatted(n, cpu.get(n)));
            s.append("xmm%d %016x%016x\n".formatted(n, cpu.xmm[4 * n + 1], cpu.xmm[4 * n]));
        }
        s.append("rip %x flags %x ".formatted(cpu.rip, cpu.rflags()));
        s.append("mxcsr %x retired %d\n".formatted(cpu.mxcsr, cpu.retired));
        for (int n = 0; n < SHOWN_BYTES / 8; n++) {
            s.append(
                    Long.toHexString(guest.memory.get64(TinyGuest.maddr(TinyGuest.DATA) + 8L * n)));
            s.append(n % 4 == 3 ? '\n' : ' ');
        }
        return s.toString();
    }
}
