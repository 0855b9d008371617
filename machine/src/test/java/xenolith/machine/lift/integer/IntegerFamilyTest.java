package xenolith.machine.lift.integer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.TinyGuest;

/**
 * One instruction each: RAX, RBX, RCX and the flags before (an {@code s} after the flags sets all
 * others too) and after. What is undefined is as an AMD EPYC has it.
 */
class IntegerFamilyTest {
    private static final int STATUS = 0x8d5;

    private static Exit one(TinyGuest guest, String code, long a, long b, long c, int flags) {
        guest.code(code);
        guest.cpu.rax = a;
        guest.cpu.rbx = b;
        guest.cpu.rcx = c;
        guest.cpu.setRflags(0x202 | flags);
        return guest.run(1);
    }

    private static long hex(String text) {
        return Long.parseUnsignedLong(text, 16);
    }

    @ParameterizedTest
    @CsvSource({
        "01d8, ffffffff, 1, 0, 0, 0, 55", // add ebx to eax
        "4801d8, 7fffffffffffffff, 1, 0, 0, 8000000000000000, 894",
        "6601d8, 1234ffff, 1, 0, 0, 12340000, 55",
        "00e0, 7f01, 0, 0, 0, 7f80, 890", // add ah to al
        "11d8, ffffffff, 0, 0, 1, 0, 55", // adc
        "19d8, 0, 0, 0, 1, ffffffff, 95", // sbb
        "29d8, 80000000, 1, 0, 0, 7fffffff, 814", // sub
        "39d8, 5, 5, 0, 8d5, 5, 44", // cmp
        "21d8, ff00, ff, 0, 8d5, 0, 44", // and
        "85d8, 80000000, ffffffff, 0, 0, 80000000, 84", // test
        "f7d8, 1, 0, 0, 0, ffffffff, 95", // neg
        "f7d0, 1, 0, 0, 8d5, fffffffe, 8d5", // not
        "ffc0, 7fffffff, 0, 0, 1, 80000000, 895", // inc leaves CF
        "fec8, 100, 0, 0, 0, 1ff, 94", // dec al
        "c1e01f, 3, 0, 0, 0, 80000000, 95", // shl 31
        "c1e0ff, 3, 0, 0, 0, 80000000, 95", // shl 255 is 31
        "c1e020, 1234567800000003, 0, 0, 8d5, 3, 8d5", // shl 32 is 0
        "d3e8, 80000000, 0, 4, 0, 8000000, 14", // shr cl
        "d1f8, 80000001, 0, 0, 0, c0000000, 95", // sar 1
        "d0d0, 80, 0, 0, 0, 0, 801", // rcl
        "66c1c810, 1234, 0, 0, 0, 1234, 0", // ror 16
        "c0d009, a5, 0, 0, 0, a5, 800", // rcl al, 9 turns all the way
        "660fa4d810, 94, 1234, 0, 0, 1234, 10", // shld ax, bx, 16
        "660fa4d810, 94, e935, 0, 0, e935, 94", // OF is CF there
        "660fa4d812, a5c3, e935, 0, 0, a4d7, 94", // shld 18 goes round
        "f7e3, 80000000, 5, 0, d4, 80000000, 8d5", // mul: others stay
        "0fafc3, 10000, 18000, 0, 0, 80000000, 801", // imul
        "6bc3fb, 0, 3, 0, 8d5, fffffff1, d4",
        "0fbcc3, 1234567811111111, 0, 0, 8d5, 1234567811111111, 44", // bsf of 0
        "f20fbcc3, 0, 8, 0, 8d5, 3, 4", // bsf too
        "f30fbcc3, 0, 8, 0, 8d5, 3, 4", // tzcnt
        "f30fbcc3, 1234567811111111, 0, 0, 8d4, 20, 1", // tzcnt of 0
        "66f30fbcc3, 5555, ffff0000, 0, 0, 10, 1",
        "f30fbcc3, 5555, 1, 0, 1, 0, 44",
        "f30fbdc3, 0, 8, 0, 8d5, 1c, 0", // lzcnt
        "f3480fbdc3, 0, 0, 0, 0, 40, 1",
        "66f30fbdc3, 5555, ffff0001, 0, 0, f, 4",
        "c4e260f2c1, 0, f0, ff, 8d5, f, 4", // andn
        "c4e2e0f2c1, 0, 1, 8000000000000001, 8d5, 8000000000000000, 84",
        "c4e270f7c3, 0, 87654321, 810, 8d5, 65, 14", // bextr
        "c4e270f7c3, 0, 87654321, ff1c, 0, 8, 10", // all that is left
        "c4e270f7c3, 0, 87654321, 420, 0, 0, 54", // start beyond the width
        "c4e278f3cb, 9, 0, 0, 8d5, 0, 45", // blsr
        "c4e278f3cb, 9, c, 0, 8d5, 8, 0",
        "c4e278f3d3, 9, 0, 0, 0, ffffffff, 85", // blsmsk
        "c4e2f8f3db, 9, 8000000000000000, 0, 0, 8000000000000000, 85", // blsi
        "c4e270f5c3, 0, ffffffff, 4, 8d5, f, 4", // bzhi
        "c4e270f5c3, 0, ffffffff, 20, 8d4, ffffffff, 85",
        "c4e263f5c1, 0, 5, ff000ff0, 8d5, 50, 8d5", // pdep
        "c4e262f5c1, 0, 12345678, ff000ff0, 8d5, 1267, 8d5", // pext
        "c4e261f7c3, 0, 81, 0, 8d5, 102, 8d5", // shlx by rbx: 1
        "c4e273f6c3, 0, 80000000, 0, 8d5, 0, 8d5", // mulx by rdx, which is 0
        "c4e37bf0c304, 0, 12345678, 0, 8d5, 81234567, 8d5", // rorx
        "f30fb8c3, 1, ff, 0, 8d5, 8, 0", // popcnt
        "f20f38f0c3, 0, 61, 0, 0, 93ad1061, 0", // crc32
        "480fc8, 102030405060708, 0, 0, 0, 807060504030201, 0",
        "660fc8, 1122334455667788, 0, 0, 0, 1122334455660000, 0",
        "0fa3d8, 10, 24, 0, 8d4, 10, 8d5", // bt takes 36 as 4
        "0fbae01f, 80000000, 0, 0, 0, 80000000, 1",
        "0f44c3, 1234567811111111, 5, 0, 0, 11111111, 0", // cmove not taken clears the top
        "0f95c4, 0, 0, 0, 0, 100, 0", // setne ah
        "98, ffff8000, 0, 0, 0, ffff8000, 0",
        "4898, 80000000, 0, 0, 0, ffffffff80000000, 0",
        "90, 1234567811111111, 0, 0, 0, 1234567811111111, 0", // nop
        "87c0, 1234567811111111, 0, 0, 0, 11111111, 0", // xchg eax, eax
        "9f, 0, 0, 0, 8d5, d700, 8d5", // lahf
        "9e, 8100, 0, 0, 840, 8100, 881", // sahf
        "0fc1d8, 3, 4, 0, 0, 7, 0", // xadd
        "0fb1cb, 5, 5, 9, 0, 5, 44", // cmpxchg
        "0fb1cb, 5, 6, 9, 0, 6, 95"
    })
    void registers(String code, String a, String b, String c, String flags, String to, String out) {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            Exit exit = one(guest, code, hex(a), hex(b), hex(c), (int) hex(flags));
            assertThat(exit).isEqualTo(Exit.Simple.TIME_UP);
            assertThat(Long.toHexString(guest.cpu.rax)).isEqualTo(to);
            assertThat(Long.toHexString(guest.cpu.rflags() & STATUS)).isEqualTo(out);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "27, ae, 10, 14, 15", // daa
        "27, 9a, 0, 0, 55",
        "2f, 2e, 10, 28, 14", // das
        "37, f, 0, 105, 15", // aaa
        "3f, 200, 10, a, 15", // aas
        "d40a, 3f, 0, 603, 4", // aam
        "d50a, 603, 0, 3f, 4", // aad
        "d6, 0, 1, ff, 1", // salc
        "40, ffffffff, 1, 0, 55" // inc
    })
    void legacy(String code, String a, String flags, String to, String out) {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_32)) {
            one(guest, code, hex(a), 0, 0, (int) hex(flags));
            assertThat(Long.toHexString(guest.cpu.rax)).isEqualTo(to);
            assertThat(Long.toHexString(guest.cpu.rflags() & STATUS)).isEqualTo(out);
        }
    }

    @Test
    void vexIn32BitModeHasNoWideRegisters() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_32)) {
            // ANDN with W, B and the top bit of vvvv as if for R11 and R9.
            one(guest, "c4c2a0f2c1", 0, 0xf0, 0x1_0000_00ffL, 0x8d5);
            assertThat(guest.cpu.rax).isEqualTo(0xf);
        }
    }

    /** None of them changes a register or a flag. */
    @ParameterizedTest
    @CsvSource({
        "64, f7f3, 0, 0", // div by 0
        "64, 48f7f1, 0, 0", // quotient too large
        "64, f0 01d8, 6, -1", // lock add to a register
        "64, f0 3907, 6, -1", // lock cmp
        "64, f0 8907, 6, -1", // lock mov
        "64, f0 d127, 6, -1", // lock shl
        "64, f0 0fa307, 6, -1", // lock bt
        "64, 8dc0, 6, -1", // lea of a register
        "64, 27, 6, -1", // daa
        "64, 0fc7f0, 6, -1", // rdrand
        "64, c4e37ff0c305, 6, -1", // rorx with L
        "64, c4e373f0c305, 6, -1", // rorx with a second register
        "64, c4e278f3c1, 6, -1", // group 17 /0
        "64, c4e278f3e1, 6, -1", // group 17 /4
        "64, c4e279f3c9, 6, -1", // blsr with pp
        "64, c4e271f2c1, 6, -1", // andn with pp
        "64, c4e27cf3c9, 6, -1", // blsr with L
        "64, c5f877, 6, -1", // vzeroupper
        "64, c5f5fec2, 6, -1", // vpaddd
        "64, c4e27958c1, 6, -1", // vpbroadcastd
        "64, 66c4e278f3c9, 6, -1",
        "64, f3c4e278f3c9, 6, -1",
        "64, 48c4e278f3c9, 6, -1",
        "32, c5f5fec2, 6, -1",
        "64, 480fc74f08, 13, 0", // cmpxchg16b not aligned
        "64, 488b06, 13, 0", // load, not canonical
        "64, 488b442400, 12, 0", // the same through rsp
        "64, 50, 12, 0", // push
        "64, 58, 12, 0", // pop
        "64, c3, 12, 0",
        "64, e800000000, 12, 0",
        "64, ffe6, 13, 0", // jump to a target that is not canonical
        "64, ffd6, 13, 0",
        "32, d400, 0, -1", // aam 0
        "32, 6217, 5, -1" // bound
    })
    void faults(int bits, String code, int vector, int error) {
        try (TinyGuest guest = new TinyGuest(bits == 64 ? Cpu.MODE_64 : Cpu.MODE_32)) {
            guest.cpu.rsi = 0x8000_0000_0000_0000L;
            guest.cpu.rdi = TinyGuest.DATA;
            guest.cpu.rdx = 5;
            if (vector == Vector.SS) {
                guest.cpu.rsp = 0x8000_0000_0000_0100L;
            }
            guest.cpu.rax = 7;
            long[] before = guest.cpu.registers();
            Exit exit = one(guest, code.replace(" ", ""), 7, 0, 5, 0x8d5);
            int errorCode = vector == Vector.DE ? -1 : error;
            assertThat(exit).isEqualTo(new Exit.Fault(vector, errorCode, 0));
            before[Cpu.RCX] = 5;
            for (int n = 0; n < 16; n++) {
                assertThat(guest.cpu.get(n)).as("register %d", n).isEqualTo(before[n]);
            }
            assertThat(guest.cpu.rflags() & STATUS).isEqualTo(0x8d5);
            assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE);
        }
    }

    /** RSI lies behind the end of memory; RSP too for stack operations. */
    @ParameterizedTest
    @CsvSource({
        "488906, 6", // store
        "480106, 6", // add
        "f0480106, 6",
        "48ff06, 6",
        "48d126, 6",
        "488706, 6", // xchg
        "480fb11e, 6", // cmpxchg
        "480fc106, 6", // xadd
        "480fab06, 6", // bts
        "0f9406, 6", // sete
        "480306, 4", // add from memory
        "480f4406, 4", // cmov not taken reads
        "f736, 4", // div
        "8f06, 6", // pop to memory
        "ff36, 4", // push from memory
        "ff16, 4" // call
    })
    void pageFaults(String code, int error) {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            guest.cpu.rsi = TinyGuest.END;
            guest.cpu.rsp = TinyGuest.STACK - 8;
            long[] before = guest.cpu.registers();
            Exit exit = one(guest, code, 0, 0, 0, 0x895);
            assertThat(exit).isEqualTo(new Exit.Fault(Vector.PF, error, TinyGuest.END));
            for (int n = 0; n < 16; n++) {
                assertThat(guest.cpu.get(n)).as("register %d", n).isEqualTo(before[n]);
            }
            assertThat(guest.cpu.rflags() & STATUS).isEqualTo(0x895);
        }
    }

    @Test
    void stackIn32BitModeWrapsAndHasABase() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_32)) {
            Cpu cpu = guest.cpu;
            cpu.setSegmentBase(2, TinyGuest.STACK);
            cpu.rsp = 0;
            cpu.setSegmentBase(2, TinyGuest.STACK);
            one(guest, "50", 0x1234_5678, 0, 0, 0);
            assertThat(cpu.rsp).isEqualTo(0xffff_fffcL);
            assertThat(guest.memory.get32(TinyGuest.maddr(TinyGuest.STACK - 4)))
                    .isEqualTo(0x1234_5678);
            cpu.rip = TinyGuest.CODE;
            one(guest, "5b", 0, 0, 0, 0);
            assertThat(cpu.rbx).isEqualTo(0x1234_5678);
            assertThat(cpu.rsp).isZero();
        }
    }

    @Test
    void popToMemoryBelowTheStackPointerCountsAfterTheIncrement() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            guest.cpu.rsp = TinyGuest.STACK - 16;
            guest.memory.put64(TinyGuest.maddr(TinyGuest.STACK - 16), 77);
            one(guest, "8f0424", 0, 0, 0, 0);
            assertThat(guest.memory.get64(TinyGuest.maddr(TinyGuest.STACK - 8))).isEqualTo(77);
            assertThat(guest.cpu.rsp).isEqualTo(TinyGuest.STACK - 8);
        }
    }

    @Test
    void popfAtLevel3LeavesInterruptsAndIopl() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            guest.cpu.rsp = TinyGuest.STACK - 8;
            guest.memory.put64(TinyGuest.maddr(TinyGuest.STACK - 8), 0x247c01);
            assertThat(one(guest, "9d", 0, 0, 0, 0)).isEqualTo(Exit.Simple.TIME_UP);
            assertThat(guest.cpu.rflags()).isEqualTo(0x244e03);
        }
    }

    @Test
    void branchesIn32BitModeWrap() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_32)) {
            one(guest, "e9fbffbfff", 0, 0, 0, 0);
            assertThat(guest.cpu.rip).isZero();
            guest.cpu.rip = TinyGuest.CODE;
            one(guest, "66e90010", 0, 0, 0, 0);
            assertThat(guest.cpu.rip).isEqualTo(0x1004);
        }
    }

    @Test
    void captureSeesCompareAndExchangeThatFails() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            guest.code("f0480fb11e");
            guest.cpu.rsi = TinyGuest.DATA;
            guest.cpu.rax = 1;
            guest.memory.put64(TinyGuest.maddr(TinyGuest.DATA), 5);
            guest.protect(TinyGuest.DATA, 5);
            var store =
                    Objects.requireNonNull(
                            guest.interpreter.captureStore(guest.cpu, TinyGuest.DATA));
            assertThat(store.value()).isEqualTo(5);
            assertThat(guest.cpu.rax).isEqualTo(5);
        }
    }
}
