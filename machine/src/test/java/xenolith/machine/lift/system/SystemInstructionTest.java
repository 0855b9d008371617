package xenolith.machine.lift.system;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;

class SystemInstructionTest {
    private static final Exit UD = new Exit.Fault(Vector.UD, GuestFault.NO_ERROR_CODE, 0);
    private static final Exit GP = new Exit.Fault(Vector.GP, 0, 0);

    private final Guest guest = new Guest();
    private final Cpu cpu = guest.cpu;

    @AfterEach
    void close() {
        guest.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "f4",
                "fa",
                "fb",
                "e4 80",
                "e5 80",
                "e6 80",
                "e7 80",
                "ec",
                "ed",
                "ee",
                "ef",
                "6c",
                "6d",
                "f3 6e",
                "f3 6f",
                "0f 00 d0",
                "0f 00 d8",
                "0f 01 10",
                "0f 01 18",
                "0f 01 30",
                "0f 01 f0",
                "0f 01 38",
                "0f 01 f8",
                "0f 06",
                "0f 08",
                "0f 09",
                "0f 20 c0",
                "0f 22 d8",
                "0f 22 e0",
                "44 0f 20 c0",
                "0f 21 f8",
                "0f 23 f8",
                "0f 30",
                "0f 32",
                "0f 33",
                "0f 35",
                "48 0f 07"
            })
    void leavesPrivilegedInstructionsToTheHypervisor(String hex) {
        Exit exit = guest.run("90" + hex, 2);

        assertThat(exit).isInstanceOf(Exit.Privileged.class);
        Exit.Privileged privileged = (Exit.Privileged) exit;
        assertThat(privileged.instruction().length).isEqualTo(hex.replace(" ", "").length() / 2);
        assertThat(cpu.rip).isEqualTo(Guest.CODE + 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0f 0b",
                "0f b9 00",
                "0f ff 00",
                "0f aa",
                "0f 37",
                "0f 01 c1",
                "0f 01 c8",
                "0f 01 c9",
                "0f 01 ca",
                "0f 01 cb",
                "0f 01 d0",
                "0f 01 d1",
                "0f 01 d9",
                "0f 01 ee",
                "0f 20 c8",
                "0f 22 e8",
                "44 0f 21 c0",
                "0f ae 20",
                "0f ae 28",
                "0f ae 30",
                "f3 0f ae c0",
                "f3 0f ae d8",
                "8c f0",
                "8e c8",
                "8e f0",
                "0f b2 c0",
                "0f c7 f0",
                "ff d8",
                "ff e8"
            })
    void raisesUndefinedOpcode(String hex) {
        assertThat(guest.run(hex)).isEqualTo(UD);
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "90", "f3 90", "66 90", "0f 1f 00", "0f 1f 84 00 00 00 00 00", "0f 0d 08",
                "0f 18 00", "f3 0f 1e fa", "0f ae e8", "0f ae f0", "0f ae f8", "0f ae 3e",
                "66 0f ae 3e", "66 0f ae 36"
            })
    void passesHints(String hex) {
        cpu.rax = 1L << 60;
        cpu.rsi = Guest.DATA;
        Cpu.Snapshot before = cpu.snapshot();

        assertThat(guest.run(hex)).isEqualTo(Exit.Simple.TIME_UP);

        assertThat(cpu.rip).isEqualTo(Guest.CODE + hex.replace(" ", "").length() / 2);
        cpu.block = before.r()[Cpu.BLOCK];
        assertThat(cpu.registers()).isEqualTo(before.r());
    }

    @Test
    void flushingALineFaultsAsARead() {
        guest.map(Guest.DATA >>> 12, 0);
        cpu.rsi = Guest.DATA + 5;

        Exit expected = new Exit.Fault(Vector.PF, 4, Guest.DATA + 5);
        assertThat(guest.run("0f ae 3e")).isEqualTo(expected);
    }

    @Test
    void privilegeLevelAllowsTheInterruptFlag() {
        cpu.systemFlags = Rflags.IOPL | Rflags.IF;

        assertThat(guest.run("fa")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.systemFlags).isEqualTo(Rflags.IOPL);
        assertThat(guest.run("fb")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.systemFlags).isEqualTo(Rflags.IOPL | Rflags.IF);
    }

    @Test
    void systemCallSavesRipAndFlags() {
        cpu.setRflags(Rflags.IF | Rflags.CF | Rflags.RF);

        assertThat(guest.run("90 0f 05", 2)).isEqualTo(Exit.Simple.SYSCALL);

        assertThat(cpu.rip).isEqualTo(Guest.CODE + 3);
        assertThat(cpu.rcx).isEqualTo(Guest.CODE + 3);
        assertThat(cpu.r11).isEqualTo(Rflags.IF | Rflags.CF | Rflags.FIXED);
        assertThat(cpu.retired).isEqualTo(2);

        cpu.efer &= ~1;
        assertThat(guest.run("0f 05")).isEqualTo(UD);
    }

    @Test
    void leavesForSysenterAndCpuid() {
        assertThat(guest.run("0f 34")).isEqualTo(Exit.Simple.SYSENTER);
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
        assertThat(guest.run("90 0f a2", 2)).isEqualTo(Exit.Simple.CPUID);
        assertThat(cpu.rip).isEqualTo(Guest.CODE + 1);
    }

    @ParameterizedTest
    @CsvSource({"cc, 3, 1, true", "cd 82, 130, 2, false", "f1, 1, 1, true"})
    void leavesForSoftwareInterrupts(String hex, int vector, int length, boolean implied) {
        assertThat(guest.run(hex)).isEqualTo(new Exit.SoftwareInterrupt(vector, length, implied));
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
    }

    @Test
    void intoAsksForOverflow() {
        cpu.mode = Cpu.MODE_32;
        assertThat(guest.run("ce")).isEqualTo(Exit.Simple.TIME_UP);
        assertThat(cpu.rip).isEqualTo(Guest.CODE + 1);

        cpu.setStatusFlags(Rflags.OF);
        assertThat(guest.run("ce")).isEqualTo(new Exit.SoftwareInterrupt(Vector.OF, 1, true));
        assertThat(cpu.rip).isEqualTo(Guest.CODE);
    }

    @Test
    void readsTheTimeStampWithAnExactCount() {
        long[] retired = {0};
        cpu.tsc =
                c -> {
                    retired[0] = c.retired;
                    return 0x1_2345_6789L;
                };
        cpu.tscAux = -2;
        cpu.rax = -1;

        guest.run("90 90 0f 31 90 90", 6);
        assertThat(retired[0]).isEqualTo(3);
        assertThat(cpu.rax).isEqualTo(0x2345_6789L);
        assertThat(cpu.rdx).isEqualTo(1);

        guest.run("0f 01 f9");
        assertThat(cpu.rcx).isEqualTo(0xffff_fffeL);
        guest.run("f3 41 0f c7 f8");
        assertThat(cpu.r8).isEqualTo(0xffff_fffeL);

        cpu.cr4 |= 1 << 2;
        assertThat(guest.run("0f 31")).isInstanceOf(Exit.Privileged.class);
    }

    @Test
    void readsAndWritesBasesWhereEnabled() {
        cpu.cr4 |= 1 << 16;
        cpu.rax = 0x7fff_1234_5678_9abcL & 0x0000_7fff_ffff_ffffL;
        long value = cpu.rax;

        guest.run("f3 48 0f ae d0");
        assertThat(cpu.segmentBase(Segment.FS)).isEqualTo(value);
        guest.run("f3 0f ae d8");
        assertThat(cpu.segmentBase(Segment.GS)).isEqualTo(value & 0xffff_ffffL);
        guest.run("f3 48 0f ae c1");
        assertThat(cpu.rcx).isEqualTo(value);
        guest.run("f3 48 0f ae ca");
        assertThat(cpu.rdx).isEqualTo(value & 0xffff_ffffL);

        cpu.rax = 1L << 60;
        assertThat(guest.run("f3 48 0f ae d0")).isEqualTo(GP);
    }

    @Test
    void readsExtendedControlRegisterWhereEnabled() {
        cpu.cr4 |= 1 << 18;
        cpu.xcr0 = 3;
        guest.run("0f 01 d0");
        assertThat(cpu.rax).isEqualTo(3);
        assertThat(guest.run("0f 01 d1")).isInstanceOf(Exit.Privileged.class);

        cpu.rcx = 1;
        assertThat(guest.run("0f 01 d0")).isEqualTo(GP);
    }

    @Test
    void storesTablesAndStatusWords() {
        cpu.gdtBase = 0xffff_8300_1234_5678L;
        cpu.gdtLimit = 0xdfff;
        cpu.rsi = Guest.DATA;
        guest.run("0f 01 06");
        assertThat(guest.get64(Guest.DATA) & 0xffff).isEqualTo(0xdfff);
        assertThat(guest.get64(Guest.DATA + 2)).isEqualTo(0xffff_8300_1234_5678L);

        cpu.ldtSelector = 0xe008;
        cpu.trSelector = 0xe040;
        cpu.rax = -1;
        guest.run("0f 00 c0");
        assertThat(cpu.rax).isEqualTo(0xe008);
        guest.run("66 0f 00 cb");
        assertThat(cpu.rbx & 0xffff).isEqualTo(0xe040);
        guest.run("0f 01 e0");
        assertThat(cpu.rax).isEqualTo(cpu.cr0 & 0xffff_ffffL);
        guest.put64(Guest.DATA, -1);
        guest.run("48 0f 01 26");
        assertThat(guest.get64(Guest.DATA)).isEqualTo(-1L << 16 | cpu.cr0 & 0xffff);

        cpu.cr4 |= 1 << 11;
        assertThat(guest.run("0f 01 06")).isInstanceOf(Exit.Privileged.class);
    }
}
