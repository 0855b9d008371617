package xenolith.machine.lift.sse;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;

/** When MMX and SSE instructions fault, and that they change nothing then. */
class SseFaultsTest {
    private static final long CR0_EM = 1 << 2;
    private static final long CR0_TS = 1 << 3;
    private static final long CR4_OSFXSR = 1 << 9;
    private static final long CR4_OSXMMEXCPT = 1 << 10;

    private static final String ADDPS_XMM1_XMM2 = "0f58ca";
    private static final String PADDB_MM1_MM2 = "0ffcca";
    private static final String MOVAPS_LOAD = "0f280e";
    private static final String MOVUPS_LOAD = "0f100e";
    private static final String MOVUPS_STORE = "0f110e";
    private static final String MOVAPS_STORE_STACK = "0f290c24";
    private static final String DIVSD = "f20f5eca";
    private static final String LDMXCSR = "0fae16";
    private static final String MASKMOVDQU = "660ff7ca";

    private final SseMachine machine = new SseMachine();
    private final Cpu cpu = machine.cpu;

    @AfterEach
    void close() {
        machine.close();
    }

    @Test
    void taskSwitchedGivesDeviceNotAvailable() {
        cpu.cr0 |= CR0_TS;
        assertThat(machine.run(ADDPS_XMM1_XMM2)).isEqualTo(Vector.NM);
        assertThat(machine.run(PADDB_MM1_MM2)).isEqualTo(Vector.NM);
    }

    @Test
    void emulationGivesUndefinedEvenIfTaskSwitched() {
        cpu.cr0 |= CR0_EM | CR0_TS;
        assertThat(machine.run(ADDPS_XMM1_XMM2)).isEqualTo(Vector.UD);
        assertThat(machine.run(PADDB_MM1_MM2)).isEqualTo(Vector.UD);
    }

    @Test
    void onlySseNeedsOsfxsr() {
        cpu.cr4 &= ~CR4_OSFXSR;
        assertThat(machine.run(ADDPS_XMM1_XMM2)).isEqualTo(Vector.UD);
        assertThat(machine.run(PADDB_MM1_MM2)).isEqualTo(SseMachine.NO_FAULT);
    }

    @Test
    void pendingX87ExceptionIsRaisedByMmxOnly() {
        cpu.fpu.control = 0x37b;
        cpu.fpu.status = 0x84;
        assertThat(machine.run(PADDB_MM1_MM2)).isEqualTo(Vector.MF);
        assertThat(cpu.fpu.empty).isEqualTo(0xff);
        assertThat(machine.run(ADDPS_XMM1_XMM2)).isEqualTo(SseMachine.NO_FAULT);
    }

    @Test
    void mmxEntersItsStateAndEmmsLeavesIt() {
        cpu.fpu.top = 5;
        machine.run(PADDB_MM1_MM2);
        assertThat(cpu.fpu.top).isZero();
        assertThat(cpu.fpu.empty).isZero();
        assertThat(cpu.fpu.signExponent[1]).isEqualTo(0xffff);
        machine.run("0f77");
        assertThat(cpu.fpu.empty).isEqualTo(0xff);
    }

    @ParameterizedTest
    @ValueSource(longs = {SseMachine.PAGE + 8, SseMachine.PAGE + 1})
    void alignedFormsWantAlignment(long va) {
        cpu.rsi = va;
        cpu.rsp = va;
        assertThat(machine.run(MOVAPS_LOAD)).isEqualTo(Vector.GP);
        assertThat(machine.run(MOVAPS_STORE_STACK)).isEqualTo(Vector.GP);
        assertThat(cpu.fault.errorCode).isZero();
        assertThat(cpu.fault.nonCanonical).isFalse();
        assertThat(machine.run(MOVUPS_LOAD)).isEqualTo(SseMachine.NO_FAULT);
    }

    @Test
    void aStoreIntoAForbiddenPageStoresNothing() {
        long va = SseMachine.READ_ONLY - 8;
        cpu.mmu.write64(va, 0x1234);
        cpu.xmm[4] = -1;
        cpu.xmm[5] = -1;
        cpu.rsi = va;
        assertThat(machine.run(MOVUPS_STORE)).isEqualTo(Vector.PF);
        assertThat(cpu.fault.address).isEqualTo(SseMachine.READ_ONLY);
        assertThat(cpu.mmu.read64(va)).isEqualTo(0x1234);
    }

    @Test
    void aLoadAcrossTheEndOfMemoryLoadsNothing() {
        cpu.rsi = SseMachine.READ_ONLY + 4096 - 4;
        cpu.xmm[4] = 7;
        cpu.xmm[5] = 8;
        assertThat(machine.run(MOVUPS_LOAD)).isEqualTo(Vector.PF);
        assertThat(cpu.fault.address).isEqualTo(SseMachine.READ_ONLY + 4096);
        assertThat(cpu.xmm[4]).isEqualTo(7);
        assertThat(cpu.xmm[5]).isEqualTo(8);
    }

    @Test
    void loadsAndStoresWorkAcrossPages() {
        long va = SseMachine.READ_ONLY - 8;
        cpu.mmu.write64(va, 0x1122_3344_5566_7788L);
        cpu.rsi = va;
        assertThat(machine.run(MOVUPS_LOAD)).isEqualTo(SseMachine.NO_FAULT);
        assertThat(cpu.xmm[4]).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(cpu.xmm[5]).isZero();
    }

    @Test
    void anUnmaskedExceptionLeavesTheDestination() {
        cpu.mxcsr = 0x1f80 & ~(1 << 9);
        cpu.xmm[4] = Double.doubleToRawLongBits(1);
        cpu.xmm[8] = 0;
        assertThat(machine.run(DIVSD)).isEqualTo(Vector.XM);
        assertThat(cpu.xmm[4]).isEqualTo(Double.doubleToRawLongBits(1));
        assertThat(cpu.mxcsr & 0x3f).isEqualTo(1 << 2);
        cpu.cr4 &= ~CR4_OSXMMEXCPT;
        assertThat(machine.run(DIVSD)).isEqualTo(Vector.UD);
    }

    @Test
    void reservedBitsOfMxcsrAreRefused() {
        cpu.mmu.write32(SseMachine.PAGE, 0x1_1f80);
        assertThat(machine.run(LDMXCSR)).isEqualTo(Vector.GP);
        assertThat(cpu.mxcsr).isEqualTo(0x1f80);
        cpu.mmu.write32(SseMachine.PAGE, 0xffc0);
        assertThat(machine.run(LDMXCSR)).isEqualTo(SseMachine.NO_FAULT);
        assertThat(cpu.mxcsr).isEqualTo(0xffc0);
    }

    @Test
    void aMaskedStoreTouchesOnlyWhatItsMaskSays() {
        long va = SseMachine.READ_ONLY - 8;
        cpu.rdi = va;
        cpu.xmm[4] = 0x1111_1111_1111_1111L;
        cpu.xmm[8] = 0x80;
        cpu.xmm[9] = 0;
        assertThat(machine.run(MASKMOVDQU)).isEqualTo(SseMachine.NO_FAULT);
        assertThat(cpu.mmu.read64(va)).isEqualTo(0x11);
        cpu.xmm[8] = 0x8000;
        cpu.xmm[9] = 0x80;
        assertThat(machine.run(MASKMOVDQU)).isEqualTo(Vector.PF);
        assertThat(cpu.mmu.read64(va)).isEqualTo(0x11);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "660f12ca",
                "0f13ca",
                "0f2bca",
                "660fe7ca",
                "0f500e",
                "f30fd60e",
                "f20f6fca",
                "660f71da01",
                "0f73da01",
                "0f73fa01",
                "660f382aca",
                "f30f3a0fca01",
                "f30fd4ca",
                "f00f58ca",
                "0f3a280e01",
                "0f6cca",
                "660fc50e01",
                "660fae16",
                "660f73e201"
            })
    void reservedFormsAreUndefined(String hex) {
        assertThat(SseMachine.lift(hex)).isNull();
    }
}
