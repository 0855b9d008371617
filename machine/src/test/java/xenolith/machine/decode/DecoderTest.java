package xenolith.machine.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

class DecoderTest {
    private static Instruction decode(int mode, String hex) throws DecodeException {
        return decode(mode, hex, 0);
    }

    private static Instruction decode(int mode, String hex, int blockOffset)
            throws DecodeException {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        return Decoder.decode(n -> n < bytes.length ? bytes[n] : 0xcc, mode, blockOffset);
    }

    /** Whole instructions: mode, bytes, operand size, address size, immediate. */
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    64, 90,                         4, 8, 0
                    64, 04 80,                      4, 8, -128
                    64, 05 00 00 00 80,             4, 8, -2147483648
                    64, 66 05 00 80,                2, 8, -32768
                    64, 48 05 01 00 00 00,          8, 8, 1
                    64, 66 48 05 01 00 00 00,       8, 8, 1
                    64, 48 66 05 01 00,             2, 8, 1
                    64, 50,                         8, 8, 0
                    64, 66 50,                      2, 8, 0
                    64, 41 57,                      8, 8, 0
                    64, 68 ff ff ff ff,             8, 8, -1
                    64, 66 68 ff 7f,                2, 8, 32767
                    64, 6a fe,                      8, 8, -2
                    64, 69 c0 00 00 01 00,          4, 8, 65536
                    64, 6b c0 05,                   4, 8, 5
                    64, 70 fe,                      8, 8, -2
                    64, 80 c0 ff,                   4, 8, -1
                    64, 81 c0 78 56 34 12,          4, 8, 305419896
                    64, 66 81 c0 34 12,             2, 8, 4660
                    64, 48 83 c0 80,                8, 8, -128
                    64, 8f c0,                      8, 8, 0
                    64, 9c,                         8, 8, 0
                    64, a8 01,                      4, 8, 1
                    64, b0 ff,                      4, 8, -1
                    64, b8 ff ff ff ff,             4, 8, -1
                    64, 48 b8 08 07 06 05 04 03 02 01, 8, 8, 72623859790382856
                    64, c2 f0 ff,                   8, 8, 65520
                    64, c3,                         8, 8, 0
                    64, cd 80,                      4, 8, -128
                    64, e8 fc ff ff ff,             8, 8, -4
                    64, 66 e8 fc ff,                2, 8, -4
                    64, 66 66 48 e8 fc ff ff ff,    8, 8, -4
                    64, e3 10,                      8, 8, 16
                    64, 67 e3 10,                   8, 4, 16
                    64, eb 10,                      8, 8, 16
                    64, f6 c0 11,                   4, 8, 17
                    64, f6 d0,                      4, 8, 0
                    64, f7 c8 11 00 00 00,          4, 8, 17
                    64, f7 d8,                      4, 8, 0
                    64, ff d0,                      8, 8, 0
                    64, ff c0,                      4, 8, 0
                    64, 41 ff e4,                   8, 8, 0
                    64, 0f 05,                      4, 8, 0
                    64, 0f 0b,                      4, 8, 0
                    64, 0f 84 00 01 00 00,          8, 8, 256
                    64, 0f a0,                      8, 8, 0
                    64, 0f 20 00,                   8, 8, 0
                    64, 0f 70 c1 1b,                4, 8, 27
                    64, 0f ba e0 07,                4, 8, 7
                    64, 66 0f c5 c1 03,             2, 8, 3
                    64, 0f c8,                      4, 8, 0
                    64, 66 0f 38 00 c1,             2, 8, 0
                    64, 66 0f 3a 0f c1 04,          2, 8, 4
                    64, f3 48 ab,                   8, 8, 0
                    32, 40,                         4, 4, 0
                    32, 66 40,                      2, 4, 0
                    32, 06,                         4, 4, 0
                    32, 27,                         4, 4, 0
                    32, 60,                         4, 4, 0
                    32, c4 03,                      4, 4, 0
                    32, 62 03,                      4, 4, 0
                    32, d4 0a,                      4, 4, 10
                    32, e8 fc ff ff ff,             4, 4, -4
                    32, b8 ff ff ff ff,             4, 4, -1
                    32, 0f 22 d8,                   4, 4, 0
                    16, 05 34 12,                   2, 2, 4660
                    16, 66 05 78 56 34 12,          4, 2, 305419896
                    16, 67 8b 04 24,                2, 4, 0
                    16, e9 00 01,                   2, 2, 256
                    """)
    void readsEachFormWholly(int bits, String hex, int operandSize, int addressSize, long immediate)
            throws DecodeException {
        int mode = bits == 64 ? Cpu.MODE_64 : bits == 32 ? Cpu.MODE_32 : Cpu.MODE_16;

        Instruction i = decode(mode, hex);

        assertThat(i.length).isEqualTo(hex.replace(" ", "").length() / 2);
        assertThat(i.operandSize).isEqualTo(operandSize);
        assertThat(i.addressSize).isEqualTo(addressSize);
        assertThat(i.immediate).isEqualTo(immediate);
    }

    /**
     * Memory operands: mode, bytes, base, index, scale, displacement, segment. RIP-relative
     * displacements include the length.
     */
    @ParameterizedTest
    @CsvSource(
            textBlock =
                    """
                    64, 8b 00,                       0, 16, 0, 0,      3
                    64, 8b 45 f8,                    5, 16, 0, -8,     2
                    64, 41 8b 45 f8,                13, 16, 0, -8,     3
                    64, 8b 80 00 00 00 80,           0, 16, 0, -2147483648, 3
                    64, 8b 04 24,                    4, 16, 0, 0,      2
                    64, 41 8b 04 24,                12, 16, 0, 0,      3
                    64, 8b 44 8d 10,                 5,  1, 2, 16,     2
                    64, 42 8b 04 e0,                 0, 12, 3, 0,      3
                    64, 8b 04 25 10 00 00 00,       16, 16, 0, 16,     3
                    64, 8b 04 cd 10 00 00 00,       16,  1, 3, 16,     3
                    64, 43 8b 04 ad 10 00 00 00,    16, 13, 2, 16,     3
                    64, 8b 05 10 00 00 00,          17, 16, 0, 22,     3
                    64, c7 05 10 00 00 00 1 0 0 0,  17, 16, 0, 26,     3
                    64, 65 48 8b 04 25 28 00 00 00, 16, 16, 0, 40,     5
                    64, 2e 8b 00,                    0, 16, 0, 0,      3
                    64, 64 2e 8b 45 00,              5, 16, 0, 0,      4
                    64, a0 f0 de bc 9a 78 56 34 12, 16, 16, 0, 1311768467463790320, 3
                    64, 67 a1 ff ff ff ff,          16, 16, 0, 4294967295, 3
                    32, 8b 05 10 00 00 00,          16, 16, 0, 16,     3
                    32, 36 8b 00,                    0, 16, 0, 0,      2
                    32, a1 ff ff ff ff,             16, 16, 0, 4294967295, 3
                    32, 67 8b 00,                    3,  6, 0, 0,      3
                    32, 67 8b 41 fe,                 3,  7, 0, -2,     3
                    32, 67 8b 82 00 80,              5,  6, 0, -32768, 2
                    32, 67 8b 03,                    5,  7, 0, 0,      2
                    32, 67 8b 04,                    6, 16, 0, 0,      3
                    32, 67 8b 05,                    7, 16, 0, 0,      3
                    32, 67 8b 06 34 12,             16, 16, 0, 4660,   3
                    32, 67 8b 46 01,                 5, 16, 0, 1,      2
                    32, 67 8b 07,                    3, 16, 0, 0,      3
                    """)
    void readsMemoryOperands(
            int bits, String hex, int base, int index, int scale, long displacement, int segment)
            throws DecodeException {
        String full = hex.replace(" 1 0 0 0", " 01 00 00 00");

        Instruction i = decode(bits == 64 ? Cpu.MODE_64 : Cpu.MODE_32, full);

        assertThat(i.length).isEqualTo(full.replace(" ", "").length() / 2);
        assertThat(i.base).as("base").isEqualTo(base);
        assertThat(i.index).as("index").isEqualTo(index);
        assertThat(i.scale).as("scale").isEqualTo(scale);
        assertThat(i.displacement).as("displacement").isEqualTo(displacement);
        assertThat(i.segment).as("segment").isEqualTo(segment);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "06",
                "0e",
                "16",
                "1e",
                "27",
                "37",
                "60",
                "61",
                "62",
                "82 c0 01",
                "9a",
                "c4 e0 78 f3 c9",
                "c4 e4 78 f3 c9",
                "48 c4 e2 78 f3 c9",
                "66 c4 e2 78 f3 c9",
                "f2 c5 f8 77",
                "f3 c5 f8 77",
                "f0 c4 e2 78 f3 09",
                "ce",
                "d4",
                "d6",
                "ea",
                "8f c8",
                "8f e8",
                "0f 04",
                "0f 0e",
                "0f 0f c0 9e",
                "0f 24 c0",
                "0f 36",
                "0f a6",
                "f0 90",
                "f0 01 c0",
                "f0 8b 00",
                "f0 0f ba 20 00"
            })
    void knowsWhatDoesNotExistIn64BitMode(String hex) {
        assertThatThrownBy(() -> decode(Cpu.MODE_64, hex)).isSameAs(DecodeException.UNDEFINED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"62 f1", "c4 c0", "66 c5 f8 77", "0f 0f c0 9e", "8f c8"})
    void knowsWhatDoesNotExistIn32BitMode(String hex) {
        assertThatThrownBy(() -> decode(Cpu.MODE_32, hex)).isSameAs(DecodeException.UNDEFINED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "f0 01 00",
                "f0 0f c7 08",
                "f0 0f ba 28 01",
                "f0 87 00",
                "f0 f7 18",
                "f0 fe 00",
                "f0 80 00 01"
            })
    void acceptsLockWhereMemoryIsModified(String hex) throws DecodeException {
        assertThat(decode(Cpu.MODE_64, hex).lock).isTrue();
    }

    @Test
    void refusesMoreThan15Bytes() throws DecodeException {
        String prefixes = "66".repeat(11);

        assertThat(decode(Cpu.MODE_64, prefixes + "05 01 00").length).isEqualTo(14);
        assertThat(decode(Cpu.MODE_64, prefixes + "66 05 01 00").length).isEqualTo(15);
        assertThatThrownBy(() -> decode(Cpu.MODE_64, prefixes + "66 66 05 01 00"))
                .isSameAs(DecodeException.TOO_LONG);
        assertThatThrownBy(() -> decode(Cpu.MODE_64, "66".repeat(20)))
                .isSameAs(DecodeException.TOO_LONG);
    }

    @Test
    void lastRepeatPrefixWins() throws DecodeException {
        Instruction i = decode(Cpu.MODE_64, "f2 f3 a4");
        assertThat(i.rep).isTrue();
        assertThat(i.repne).isFalse();

        Instruction j = decode(Cpu.MODE_64, "f3 66 f2 a4");
        assertThat(j.rep).isFalse();
        assertThat(j.repne).isTrue();
        assertThat(j.selectingPrefix()).isEqualTo(0xf2);
    }

    @Test
    void rexCountsOnlyAsTheLastPrefix() throws DecodeException {
        assertThat(decode(Cpu.MODE_64, "48 66 89 c0").rex).isZero();
        assertThat(decode(Cpu.MODE_64, "66 4d 89 c0").rex).isEqualTo(0x4d);
        assertThat(decode(Cpu.MODE_64, "40 48 89 c0").rex).isEqualTo(0x48);
    }

    /** Mode, bytes, map, opcode, mandatory prefix, vvvv, L, operand size, reg, rm. */
    @ParameterizedTest
    @CsvSource({
        "64, c4 e2 78 f3 c9, 5, f3, 0, 0, 0, 4, 1, 1", // blsr eax, ecx
        "64, c4 42 a3 f6 c9, 5, f6, f2, 11, 0, 8, 9, 9", // mulx r9, r11, r9
        "64, c4 63 fb f0 3c 88 11, 6, f0, f2, 0, 0, 8, 15, 4", // rorx r15, [rax+rcx*4], 17
        "64, 48 67 2e c4 e2 71 f7 c2, 5, f7, 66, 1, 0, 4, 0, 2", // a REX before others is none
        "64, c5 fc 77, 4, 77, 0, 0, 1, 4, 0, 0", // vzeroall
        "64, c5 75 fe c2, 4, fe, 66, 1, 1, 4, 8, 2", // vpaddd ymm8, ymm1, ymm2
        "32, c4 c2 b8 f3 c9, 5, f3, 0, 0, 0, 4, 1, 1", // W, B and vvvv's top bit: ignored
        "16, c4 e2 78 f3 c9, 5, f3, 0, 0, 0, 4, 1, 1"
    })
    void vexPrefixes(
            int mode,
            String hex,
            int map,
            String opcode,
            String prefix,
            int v,
            int length,
            int size,
            int reg,
            int rm)
            throws DecodeException {
        Instruction i =
                decode(mode == 64 ? Cpu.MODE_64 : mode == 32 ? Cpu.MODE_32 : Cpu.MODE_16, hex);

        assertThat(i.length).isEqualTo(hex.split(" ", -1).length);
        assertThat(i.map).isEqualTo(map);
        assertThat(i.vex()).isTrue();
        assertThat(Integer.toHexString(i.opcode)).isEqualTo(opcode);
        assertThat(Integer.toHexString(i.selectingPrefix())).isEqualTo(prefix);
        assertThat(i.vexRegister).isEqualTo(v);
        assertThat(i.vexLength).isEqualTo(length);
        assertThat(i.operandSize).isEqualTo(size);
        assertThat(i.reg).isEqualTo(reg);
        assertThat(i.rm).isEqualTo(rm);
    }

    @Test
    void farPointerLoadsAreNoVexPrefix() throws DecodeException {
        Instruction les = decode(Cpu.MODE_32, "66 c4 83 44 33 22 11");

        assertThat(les.vex()).isFalse();
        assertThat(les.opcode).isEqualTo(0xc4);
        assertThat(les.displacement).isEqualTo(0x1122_3344);
        assertThat(les.operandSize).isEqualTo(2);
        assertThat(decode(Cpu.MODE_16, "c5 47 05").displacement).isEqualTo(5);
    }

    @Test
    void rexExtendsBothRegisters() throws DecodeException {
        Instruction i = decode(Cpu.MODE_64, "4d 89 d3");

        assertThat(i.reg).isEqualTo(10);
        assertThat(i.rm).isEqualTo(11);
        assertThat(i.memory()).isFalse();
    }

    @Test
    void ripRelativeCountsFromTheBlock() throws DecodeException {
        Instruction i = decode(Cpu.MODE_64, "67 8b 05 f0 ff ff ff", 100);

        assertThat(i.base).isEqualTo(Instruction.RIP);
        assertThat(i.displacement).isEqualTo(100 + 7 - 16);
        assertThat(i.nextOffset()).isEqualTo(107);
    }

    @Test
    void readsFarPointersAndEnter() throws DecodeException {
        Instruction far = decode(Cpu.MODE_32, "ea 78 56 34 f2 33 f0");
        assertThat(far.immediate).isEqualTo(0xf234_5678L);
        assertThat(far.immediate2).isEqualTo(0xf033);
        assertThat(far.length).isEqualTo(7);
        assertThat(decode(Cpu.MODE_32, "66 9a 34 f2 33 00").immediate).isEqualTo(0xf234);

        Instruction enter = decode(Cpu.MODE_64, "c8 00 ff 1f");
        assertThat(enter.immediate).isEqualTo(0xff00);
        assertThat(enter.immediate2).isEqualTo(0x1f);
    }

    @Test
    void controlRegisterMovesIgnoreMod() throws DecodeException {
        Instruction i = decode(Cpu.MODE_64, "44 0f 20 04");

        assertThat(i.length).isEqualTo(4);
        assertThat(i.memory()).isFalse();
        assertThat(i.reg).isEqualTo(8);
        assertThat(i.rm).isEqualTo(4);
    }

    @Test
    void segmentsOfStringInstructions() throws DecodeException {
        assertThat(decode(Cpu.MODE_64, "a4").segment).isEqualTo(Segment.DS);
        Instruction i = decode(Cpu.MODE_64, "65 f3 a4");
        assertThat(i.segment).isEqualTo(Segment.GS);
        assertThat(i.segmentOverride).isTrue();
    }
}
