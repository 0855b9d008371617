package xenolith.machine.lift.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;

class SegmentInstructionTest {
    /** Selectors of the table below. */
    private static final int DATA0 = 0x08;

    private static final int CODE64_3 = 0x13;
    private static final int CODE32_3 = 0x1b;
    private static final int DATA3 = 0x23;
    private static final int ABSENT = 0x2b;
    private static final int BASED = 0x33;
    private static final int EXECUTE_ONLY = 0x3b;
    private static final int READ_ONLY = 0x43;
    private static final int GATE = 0x4b;
    private static final int CODE64_0 = 0x50;
    private static final int BOTH_L_AND_D = 0x5b;
    private static final int CONFORMING = 0x60;
    private static final int BEYOND = 0x6b;

    private final Guest guest = new Guest();
    private final Cpu cpu = guest.cpu;

    @BeforeEach
    void table() {
        guest.gdt(
                0,
                0x00cf_9300_0000_ffffL,
                0x00af_fb00_0000_ffffL,
                0x00cf_fb00_0000_ffffL,
                0x00cf_f300_0000_ffffL,
                0x00cf_7300_0000_ffffL,
                0x12c0_f256_789a_0010L,
                0x00cf_f900_0000_ffffL,
                0x00cf_f100_0000_ffffL,
                0x0000_ec00_0000_0000L,
                0x00af_9b00_0000_ffffL,
                0x00ef_fb00_0000_ffffL,
                0x00af_9f00_0000_ffffL);
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private static Exit fault(int vector, int errorCode) {
        return new Exit.Fault(vector, errorCode, 0);
    }

    private Exit load(String hex, int selector) {
        cpu.rax = selector;
        return guest.run(hex);
    }

    @Test
    void loadsASegmentWithItsBase() {
        assertThat(load("8e e8", BASED)).isEqualTo(Exit.Simple.TIME_UP);

        Segment gs = cpu.segments[Segment.GS];
        assertThat(gs.selector).isEqualTo(BASED);
        assertThat(gs.usable).isTrue();
        assertThat(gs.limit).isEqualTo(0x10_fff);
        assertThat(gs.attributes).isEqualTo(0xc0f3);
        assertThat(cpu.segmentBase(Segment.GS)).isEqualTo(0x1256_789aL);
        // The accessed bit was clear in the table.
        assertThat(guest.get64(Guest.GDT + (BASED & ~7))).isEqualTo(0x12c0_f356_789a_0010L);
    }

    @ParameterizedTest
    @CsvSource({
        "0x0b, 13, 0x08",
        "0x2b, 11, 0x28",
        "0x3b, 13, 0x38",
        "0x4b, 13, 0x48",
        "0x6b, 13, 0x68",
        "0x27, 13, 0x24"
    })
    void refusesDataSegments(String selector, int vector, String errorCode) {
        cpu.segments[Segment.DS].selector = 0x1234;

        assertThat(load("8e d8", Integer.decode(selector)))
                .isEqualTo(fault(vector, Integer.decode(errorCode)));
        assertThat(cpu.segments[Segment.DS].selector).isEqualTo(0x1234);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00, 13, 0x00",
        "0x03, 13, 0x00",
        "0x20, 13, 0x20",
        "0x13, 13, 0x10",
        "0x43, 13, 0x40",
        "0x2b, 12, 0x28"
    })
    void refusesStackSegments(String selector, int vector, String errorCode) {
        assertThat(load("8e d0", Integer.decode(selector)))
                .isEqualTo(fault(vector, Integer.decode(errorCode)));
    }

    @Test
    void loadsNullSelectorsIntoDataSegments() {
        cpu.setSegmentBase(Segment.FS, 5);
        assertThat(load("8e e0", 2)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.segments[Segment.FS].usable).isFalse();
        assertThat(cpu.segments[Segment.FS].selector).isEqualTo(2);
        assertThat(cpu.segmentBase(Segment.FS)).isZero();
    }

    @Test
    void readsTheLocalTable() {
        guest.put64(Guest.DATA + 8, 0x00cf_f300_0000_ffffL);
        cpu.ldtBase = Guest.DATA;
        cpu.ldtLimit = 15;

        assertThat(load("8e c0", 0x0f)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(load("8e c0", 0x17)).isEqualTo(fault(Vector.GP, 0x14));
    }

    @Test
    void storesSelectors() {
        cpu.segments[Segment.DS].selector = DATA3;
        cpu.rax = -1;
        guest.run("8c d8");
        assertThat(cpu.rax).isEqualTo(DATA3);
        cpu.rax = -1;
        guest.run("66 8c d8");
        assertThat(cpu.rax).isEqualTo(-1L << 16 | DATA3);
        cpu.rsi = Guest.DATA;
        guest.put64(Guest.DATA, -1);
        guest.run("48 8c 1e");
        assertThat(guest.get64(Guest.DATA)).isEqualTo(-1L << 16 | DATA3);
    }

    @Test
    void pushesAndPopsSegments() {
        cpu.segments[Segment.FS].selector = DATA3;
        guest.run("0f a0");
        assertThat(cpu.rsp).isEqualTo(Guest.STACK - 8);
        assertThat(guest.get64(Guest.STACK - 8)).isEqualTo(DATA3);
        guest.run("0f a9");
        assertThat(cpu.segments[Segment.GS].selector).isEqualTo(DATA3);
        assertThat(cpu.rsp).isEqualTo(Guest.STACK);

        guest.put64(Guest.STACK, DATA0);
        assertThat(guest.run("0f a9")).isEqualTo(fault(Vector.GP, DATA0));
        assertThat(cpu.rsp).isEqualTo(Guest.STACK);
    }

    @Test
    void loadsFarPointers() {
        guest.put64(Guest.DATA, 0x1122_3344_5566_7788L);
        guest.put64(Guest.DATA + 8, BASED);
        cpu.rsi = Guest.DATA;

        guest.run("48 0f b4 1e");

        assertThat(cpu.rbx).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(cpu.segments[Segment.FS].selector).isEqualTo(BASED);
    }

    private Exit farJump(int selector, long target) {
        guest.put64(Guest.DATA, target);
        guest.put64(Guest.DATA + 8, selector);
        cpu.rsi = Guest.DATA;
        return guest.run("48 ff 2e");
    }

    @Test
    void jumpsToOtherModes() {
        assertThat(farJump(CODE32_3, 0x4321)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.rip).isEqualTo(0x4321);
        // The data segments are null.
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_32_LIMITED);
        assertThat(cpu.segments[Segment.CS].selector).isEqualTo(CODE32_3);

        // And back, by a pointer in the code.
        assertThat(guest.run("ea 00 20 01 00 13 00")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_64);
        assertThat(cpu.rip).isEqualTo(0x1_2000);
    }

    @ParameterizedTest
    @CsvSource({
        "0x00, 13, 0",
        "0x23, 13, 0x20",
        "0x50, 13, 0x50",
        "0x5b, 13, 0x58",
        "0x4b, 13, 0x48",
        "0x6b, 13, 0x68"
    })
    void refusesFarJumps(String selector, int vector, String errorCode) {
        assertThat(farJump(Integer.decode(selector), 0x1000))
                .isEqualTo(fault(vector, Integer.decode(errorCode)));
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
    }

    @Test
    void jumpsToConformingCodeAtItsOwnLevel() {
        assertThat(farJump(CONFORMING, 0x1000)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.segments[Segment.CS].selector).isEqualTo(CONFORMING | 3);
        assertThat(cpu.cpl).isEqualTo(3);
    }

    @Test
    void refusesFarJumpsToNonCanonicalAddresses() {
        assertThat(farJump(CODE64_3, 1L << 50)).isEqualTo(fault(Vector.GP, 0));
        assertThat(farJump(CODE32_3, 1L << 32)).isEqualTo(fault(Vector.GP, 0));
    }

    @Test
    void callsFarAndReturns() {
        guest.put64(Guest.DATA, 0x4321);
        guest.put64(Guest.DATA + 8, CODE64_3);
        cpu.rsi = Guest.DATA;
        cpu.segments[Segment.CS].selector = CODE64_3;

        guest.run("48 ff 1e");
        assertThat(cpu.rip).isEqualTo(0x4321);
        assertThat(cpu.rsp).isEqualTo(Guest.STACK - 16);
        assertThat(guest.get64(Guest.STACK - 16)).isEqualTo(Guest.CODE + 3);
        assertThat(guest.get64(Guest.STACK - 8)).isEqualTo(CODE64_3);

        guest.run("48 ca 10 00");
        assertThat(cpu.rip).isEqualTo(Guest.CODE + 3);
        assertThat(cpu.rsp).isEqualTo(Guest.STACK + 16);
    }

    private Exit iret(long... frame) {
        cpu.rsp = Guest.STACK;
        for (int n = 0; n < frame.length; n++) {
            guest.put64(Guest.STACK + 8L * n, frame[n]);
        }
        return guest.run("48 cf");
    }

    @Test
    void interruptReturnsToTheSameLevel() {
        cpu.systemFlags = Rflags.IF;
        long flags = Rflags.CF | Rflags.DF | Rflags.IOPL | Rflags.AC;

        Exit exit = iret(0x4321, CODE64_3, flags, 0x5000, DATA3);

        assertThat(exit).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.rip).isEqualTo(0x4321);
        assertThat(cpu.rsp).isEqualTo(0x5000);
        assertThat(cpu.segments[Segment.SS].selector).isEqualTo(DATA3);
        assertThat(cpu.rflags())
                .isEqualTo(Rflags.CF | Rflags.DF | Rflags.AC | Rflags.IF | Rflags.FIXED);
    }

    @Test
    void interruptReturnsToCompatibilityMode() {
        Exit exit = iret(0x4321, CODE32_3, 0, 0x7_0000_5000L, DATA3);

        assertThat(exit).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.mode).isEqualTo(Cpu.MODE_32_LIMITED);
        assertThat(cpu.rsp).isEqualTo(0x5000);
    }

    @Test
    void interruptReturnsToAnOuterLevel() {
        cpu.cpl = 0;
        cpu.mmu.setUser(0, false);
        cpu.segments[Segment.DS].attributes = 0xc093;
        cpu.segments[Segment.DS].usable = true;
        cpu.segments[Segment.ES].attributes = 0xc0f3;
        cpu.segments[Segment.ES].usable = true;
        guest.map(0x70, 3);

        Exit exit = iret(0x4321, CODE64_3, Rflags.IOPL | Rflags.IF, 0x5000, DATA3);

        assertThat(exit).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.cpl).isEqualTo(3);
        assertThat(cpu.rflags()).isEqualTo(Rflags.IOPL | Rflags.IF | Rflags.FIXED);
        assertThat(cpu.segments[Segment.DS].usable).isFalse();
        assertThat(cpu.segments[Segment.ES].usable).isTrue();
        cpu.rsi = 0x7_0000;
        assertThat(guest.run("ac")).isEqualTo(new Exit.Fault(Vector.PF, 5, 0x7_0000));
    }

    @Test
    void refusesInterruptReturns() {
        assertThat(iret(0x4321, 0, 0, 0x5000, DATA3)).isEqualTo(fault(Vector.GP, 0));
        assertThat(iret(0x4321, CODE64_0, 0, 0x5000, DATA3)).isEqualTo(fault(Vector.GP, CODE64_0));
        assertThat(iret(0x4321, DATA3, 0, 0x5000, DATA3)).isEqualTo(fault(Vector.GP, 0x20));
        assertThat(iret(1L << 50, CODE64_3, 0, 0x5000, DATA3)).isEqualTo(fault(Vector.GP, 0));
        assertThat(iret(0x4321, CODE64_3, 0, 0x5000, 0)).isEqualTo(fault(Vector.GP, 0));
        assertThat(iret(0x4321, CODE64_3, 0, 0x5000, ABSENT)).isEqualTo(fault(Vector.SS, 0x28));
        assertThat(iret(0x4321, BOTH_L_AND_D, 0, 0x5000, DATA3)).isEqualTo(fault(Vector.GP, 0x58));
        cpu.systemFlags |= Rflags.NT;
        assertThat(iret(0x4321, CODE64_3, 0, 0x5000, DATA3)).isEqualTo(fault(Vector.GP, 0));
        assertThat(cpu.rsp).isEqualTo(Guest.STACK);
    }

    @Test
    void compatibilityModeReturnsWithThreeWords() {
        cpu.mode = Cpu.MODE_32;
        guest.put64(Guest.STACK, 0x4321 | (long) CODE32_3 << 32);
        guest.put64(Guest.STACK + 8, Rflags.ZF);

        assertThat(guest.run("cf")).isEqualTo(Exit.Simple.TIME_UP);

        assertThat(cpu.rip).isEqualTo(0x4321);
        assertThat(cpu.rsp).isEqualTo(Guest.STACK + 12);
        assertThat(cpu.rflags() & Rflags.ZF).isNotZero();
    }

    private boolean zf(String hex, int selector) {
        cpu.rax = selector;
        cpu.setStatusFlags(Rflags.CF);
        assertThat(guest.run(hex)).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.rflags() & Rflags.CF).isNotZero();
        return (cpu.rflags() & Rflags.ZF) != 0;
    }

    @Test
    void verifiesSegments() {
        assertThat(zf("0f 00 e0", DATA3)).isTrue();
        assertThat(zf("0f 00 e0", CODE64_3)).isTrue();
        assertThat(zf("0f 00 e0", EXECUTE_ONLY)).isFalse();
        assertThat(zf("0f 00 e0", DATA0)).isFalse();
        assertThat(zf("0f 00 e0", 0)).isFalse();
        assertThat(zf("0f 00 e0", CONFORMING)).isTrue();
        assertThat(zf("0f 00 e8", DATA3)).isTrue();
        assertThat(zf("0f 00 e8", READ_ONLY)).isFalse();
        assertThat(zf("0f 00 e8", CODE64_3)).isFalse();
    }

    @Test
    void asksForRightsAndLimits() {
        assertThat(zf("0f 02 d8", CODE64_3)).isTrue();
        assertThat(cpu.rbx).isEqualTo(0xaf_fb00);
        assertThat(zf("0f 02 d8", GATE)).isTrue();
        assertThat(zf("0f 03 d8", GATE)).isFalse();
        assertThat(zf("0f 03 d8", BASED)).isTrue();
        assertThat(cpu.rbx).isEqualTo(0x10_fff);
        assertThat(zf("0f 03 d8", BEYOND)).isFalse();
        assertThat(zf("0f 02 d8", DATA0)).isFalse();
        assertThat(cpu.rbx).isEqualTo(0x10_fff);
    }

    @Test
    void adjustsRequestedLevels() {
        cpu.mode = Cpu.MODE_32;
        cpu.rbx = 3;
        assertThat(zf("63 d8", 0x41)).isTrue();
        assertThat(cpu.rax).isEqualTo(0x43);
        cpu.rbx = 1;
        assertThat(zf("63 d8", 0x42)).isFalse();
        assertThat(cpu.rax).isEqualTo(0x42);
    }
}
