package xenolith.machine.lift.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;

class StringInstructionTest {
    private static final long A = Guest.DATA;
    private static final long B = Guest.DATA + 0x8000;

    private final Guest guest = new Guest();
    private final Cpu cpu = guest.cpu;

    @AfterEach
    void close() {
        guest.close();
    }

    private void pointers(long source, long destination, long count) {
        cpu.rsi = source;
        cpu.rdi = destination;
        cpu.rcx = count;
    }

    private void fill(long at, int length, int seed) {
        for (int n = 0; n < length; n++) {
            guest.put8(at + n, n * 7 + seed & 0xff);
        }
    }

    private void assertCopied(long from, long to, int length) {
        for (int n = 0; n < length; n++) {
            assertThat(guest.get8(to + n)).as("byte %d", n).isEqualTo(guest.get8(from + n));
        }
    }

    @ParameterizedTest
    @CsvSource({"a4, 1", "66 a5, 2", "a5, 4", "48 a5, 8"})
    void movesOneElement(String hex, int size) {
        fill(A, 16, 1);
        pointers(A, B, 5);

        assertThat(guest.run(hex)).isEqualTo(Exit.Simple.TIME_UP);

        assertCopied(A, B, size);
        assertThat(guest.get8(B + size)).isZero();
        assertThat(cpu.rsi).isEqualTo(A + size);
        assertThat(cpu.rdi).isEqualTo(B + size);
        assertThat(cpu.rcx).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({"f3 a4, 1", "f2 66 a5, 2", "f3 a5, 4", "f3 48 a5, 8"})
    void movesAcrossPages(String hex, int size) {
        int count = 10_000 / size;
        fill(A + 3, 10_000, 5);
        pointers(A + 3, B + 1, count);

        guest.run(hex);

        assertCopied(A + 3, B + 1, count * size);
        assertThat(guest.get8(B)).isZero();
        assertThat(guest.get8(B + 1 + (long) count * size)).isZero();
        assertThat(cpu.rcx).isZero();
        assertThat(cpu.rsi).isEqualTo(A + 3 + (long) count * size);
        assertThat(cpu.rip).isEqualTo(Guest.CODE + hex.replace(" ", "").length() / 2);
        assertThat(cpu.retired).isEqualTo(1);
    }

    @Test
    void overlappingMovesRepeatTheirPattern() {
        fill(A, 3, 1);
        pointers(A, A + 3, 9_000);

        guest.run("f3 a4");

        for (int n = 0; n < 9_003; n++) {
            assertThat(guest.get8(A + n)).as("byte %d", n).isEqualTo(guest.get8(A + n % 3));
        }
    }

    @Test
    void downwardOverlapKeepsTheSource() {
        fill(A + 1, 100, 3);
        pointers(A + 1, A, 100);

        guest.run("f3 a4");

        assertThat(guest.get8(A)).isEqualTo(3);
        assertThat(guest.get8(A + 99)).isEqualTo(99 * 7 + 3 & 0xff);
    }

    @Test
    void movesBackwards() {
        fill(A, 5_000, 9);
        pointers(A + 4_999, B + 4_999, 5_000);
        cpu.systemFlags |= Rflags.DF;

        guest.run("f3 a4");

        assertCopied(A, B, 5_000);
        assertThat(cpu.rsi).isEqualTo(A - 1);
        assertThat(cpu.rdi).isEqualTo(B - 1);
    }

    @Test
    void faultInTheMiddleRestarts() {
        fill(A, 8192, 2);
        guest.map((B >>> 12) + 1, 0);
        pointers(A, B + 4000, 50);

        Exit exit = guest.run("f3 48 a5");

        assertThat(exit).isEqualTo(new Exit.Fault(Vector.PF, 6, B + 4096));
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
        assertThat(cpu.rcx).isEqualTo(38);
        assertThat(cpu.rsi).isEqualTo(A + 96);
        assertThat(cpu.rdi).isEqualTo(B + 4096);
        assertThat(cpu.retired).isZero();

        guest.map((B >>> 12) + 1, 7);
        assertThat(guest.resume(1)).isEqualTo(Exit.Simple.TIME_UP);
        assertCopied(A, B + 4000, 400);
    }

    @Test
    void readFaultComesBeforeWriteFault() {
        guest.map(A >>> 12, 0);
        guest.map(B >>> 12, 0);
        pointers(A, B, 3);

        assertThat(guest.run("f3 a4")).isEqualTo(new Exit.Fault(Vector.PF, 4, A));
    }

    @Test
    void zeroCountDoesNothing() {
        pointers(1L << 60, 1L << 60, 0);
        long flags = cpu.rflags();

        assertThat(guest.run("f3 a6")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(guest.run("f3 a4")).isEqualTo(Exit.Simple.TIME_UP);

        assertThat(cpu.rflags()).isEqualTo(flags);
        assertThat(cpu.rsi).isEqualTo(1L << 60);
    }

    @ParameterizedTest
    @CsvSource({
        "f3 aa, 1, 0x1122334455667788",
        "f3 66 ab, 2, 0x1122334455667788",
        "f3 ab, 4, 0x1122334455667788",
        "f3 48 ab, 8, 0x1122334455667788",
        "f3 48 ab, 8, 0",
        "f3 ab, 4, 0x5555555555555555"
    })
    void stores(String hex, int size, String value) {
        long rax = Long.decode(value);
        int count = 9_001 / size;
        fill(B, 12_000, 1);
        pointers(0, B + 3, count);
        cpu.rax = rax;

        guest.run(hex);

        for (int n = 0; n < count * size; n++) {
            long expected = rax >>> 8 * (n % size) & 0xff;
            assertThat(guest.get8(B + 3 + n)).as("byte %d", n).isEqualTo(expected);
        }
        assertThat(guest.get8(B + 2)).isEqualTo(2 * 7 + 1);
        int end = 3 + count * size;
        assertThat(guest.get8(B + end)).isEqualTo(end * 7 + 1 & 0xff);
        assertThat(cpu.rdi).isEqualTo(B + end);
    }

    @Test
    void longRepetitionIsOneInstruction() {
        pointers(0, A, 100_000);
        cpu.rax = 1;
        cpu.systemFlags |= Rflags.DF;
        cpu.rdi = A + 99_999;

        assertThat(guest.run("f3 aa")).isEqualTo(Exit.Simple.TIME_UP);

        assertThat(cpu.retired).isEqualTo(1);
        assertThat(cpu.rcx).isZero();
        assertThat(guest.get8(A)).isEqualTo(1);
        assertThat(guest.get8(A + 99_999)).isEqualTo(1);
    }

    @Test
    @Timeout(20)
    void kickStopsALongRepetition() {
        guest.repeatMappings();
        pointers(0, 0, -1L);
        Thread kicker = new Thread(cpu::kick);
        kicker.start();

        assertThat(guest.run("f3 ac")).isEqualTo(Exit.Simple.TIME_UP);

        assertThat(cpu.retired).isZero();
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
        assertThat(cpu.rcx).isEqualTo(-1L - cpu.rsi);
    }

    @Test
    void unfinishedRepetitionStaysAtItsInstruction() {
        guest.repeatMappings();
        pointers(0, 0, 1L << 40);
        long[] seen = {0, 0};
        StringOp op = new Lods(new StringForm(guest.decode("f3 ac")));
        cpu.block = Guest.CODE;
        cpu.retired = 7;

        op.execute(cpu);
        seen[0] = cpu.rsi;
        op.execute(cpu);
        seen[1] = cpu.rsi;

        assertThat(seen[0]).isPositive();
        assertThat(seen[1]).isEqualTo(2 * seen[0]);
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
        assertThat(cpu.retired).isEqualTo(5);
    }

    @ParameterizedTest
    @CsvSource({
        "ac, 0xffffffffffffff08",
        "66 ad, 0xffffffffffff0f08",
        "ad, 0x1d160f08",
        "48 ad, 0x39322b241d160f08"
    })
    void loads(String hex, String expected) {
        fill(A, 8, 8);
        pointers(A, 0, 0);
        cpu.rax = -1;

        guest.run(hex);

        assertThat(cpu.rax).isEqualTo(Long.parseUnsignedLong(expected.substring(2), 16));
    }

    @Test
    void comparesUntilTheFirstDifference() {
        fill(A, 100, 1);
        fill(B, 100, 1);
        guest.put8(B + 40, 0xff);
        pointers(A, B, 100);

        guest.run("f3 a6");

        assertThat(cpu.rcx).isEqualTo(59);
        assertThat(cpu.rsi).isEqualTo(A + 41);
        int a = 40 * 7 + 1 & 0xff;
        assertThat(cpu.rflags() & Rflags.ZF).isZero();
        assertThat(cpu.rflags() & Rflags.CF).isEqualTo(a < 0xff ? 1 : 0);
    }

    @Test
    void comparesEqualToTheEnd() {
        pointers(A, B, 5_000);

        guest.run("f3 48 a7");

        assertThat(cpu.rcx).isZero();
        assertThat(cpu.rflags() & Rflags.ZF).isNotZero();
    }

    @Test
    void scansForAByte() {
        fill(A, 100, 0);
        pointers(0, A, -1);
        cpu.rax = 0x1100 | 70;

        guest.run("f2 ae");

        assertThat(cpu.rdi).isEqualTo(A + 11);
        assertThat(cpu.rcx).isEqualTo(-12);
        assertThat(cpu.rflags() & Rflags.ZF).isNotZero();
    }

    @Test
    void scanFaultKeepsFlagsAndCounts() {
        guest.map((A >>> 12) + 1, 0);
        pointers(0, A + 4090, 100);
        cpu.rax = 1;
        cpu.setStatusFlags(Rflags.ZF | Rflags.OF);

        Exit exit = guest.run("f2 ae");

        assertThat(exit).isEqualTo(new Exit.Fault(Vector.PF, 4, A + 4096));
        assertThat(cpu.rcx).isEqualTo(94);
        assertThat(cpu.rdi).isEqualTo(A + 4096);
        assertThat(cpu.rflags() & Rflags.STATUS).isEqualTo(Rflags.ZF | Rflags.OF);
    }

    @Test
    void segmentOverrideAppliesToTheSourceOnly() {
        guest.put8(A + 0x10, 0x5a);
        cpu.setSegmentBase(Segment.GS, A);
        pointers(0x10, B, 0);

        guest.run("65 a4");

        assertThat(guest.get8(B)).isEqualTo(0x5a);
    }

    @Test
    void addressSizeCutsTheRegisters() {
        fill(A, 16, 1);
        pointers(A | 7L << 32, B | 7L << 32, 2 | 7L << 32);

        guest.run("67 f3 48 a5");

        assertCopied(A, B, 16);
        assertThat(cpu.rsi).isEqualTo(A + 16);
        assertThat(cpu.rcx).isZero();
    }

    @Test
    void storesIntoCodeDropIt() {
        // rep stosb over the NOP behind the jump target, then run what was stored (HLT).
        pointers(0, Guest.CODE + 4, 1);
        cpu.rax = 0xf4;
        guest.run("90 90 90 90 90 f3 aa", 5);
        cpu.rip = Guest.CODE + 5;
        guest.resume(1);
        cpu.rip = Guest.CODE;

        Exit exit = guest.resume(10);

        assertThat(exit).isInstanceOf(Exit.Privileged.class);
        assertThat(cpu.rip).isEqualTo(Guest.CODE + 4);
    }

    /** The whole page of code at once, and the block that does it. */
    @ParameterizedTest
    @CsvSource({"f3 aa", "f3 a4", "fd f3 aa"})
    void bulkStoresIntoCodeDropIt(String hex) {
        guest.run("90 90 90");
        boolean down = hex.startsWith("fd");
        long begin = Guest.CODE & -4096L;
        pointers(A, down ? begin + 4095 : begin, 4096);
        for (int n = 0; n < 4096; n++) {
            guest.put8(A + n, 0xf4);
        }
        cpu.rax = 0xf4;

        assertThat(guest.run(hex, down ? 2 : 1)).isEqualTo(Exit.Simple.TIME_UP);
        cpu.rip = Guest.CODE;

        assertThat(guest.resume(1)).isInstanceOf(Exit.Privileged.class);
        assertThat(cpu.rcx).isZero();
    }

    @Test
    void compatibilityModeUsesSegmentBases() {
        cpu.mode = Cpu.MODE_32;
        cpu.setSegmentBase(Segment.ES, A);
        cpu.setSegmentBase(Segment.DS, A + 0x100);
        guest.put8(A + 0x105, 0x77);
        pointers(5, 6, 0);

        guest.run("a4");

        assertThat(guest.get8(A + 6)).isEqualTo(0x77);
    }
}
