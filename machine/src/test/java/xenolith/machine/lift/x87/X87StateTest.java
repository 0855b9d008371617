package xenolith.machine.lift.x87;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Fpu;
import xenolith.machine.fault.GuestFault;

/** Saving and restoring state, pending exceptions, and faults of memory operands. */
class X87StateTest {
    private static final long ONE = 1L << 63;
    private final X87Machine machine = new X87Machine();
    private final Cpu cpu = machine.cpu;
    private final Fpu f = cpu.fpu;

    @AfterEach
    void close() {
        machine.close();
    }

    private static void assertFault(int vector, ThrowingCallable code) {
        assertThatThrownBy(code)
                .isInstanceOfSatisfying(
                        GuestFault.class, e -> assertThat(e.vector).isEqualTo(vector));
    }

    /** FLD1; FLDPI; FLD m32 of 0.5, so that all pointers are set. */
    private void load() {
        machine.execute(0xd9, 0xe8);
        machine.execute(0xd9, 0xeb);
        machine.put64(X87Machine.OPERAND, 0x3f00_0000L);
        machine.execute(0xd9, 0x07);
    }

    private ByteBuffer operand(int length) {
        return ByteBuffer.wrap(machine.bytes(X87Machine.OPERAND, length))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void fnstenvStoresThe32BitEnvironmentAndMasksExceptions() {
        f.setControl(0x340);
        load();
        machine.execute(0xd9, 0x37);
        ByteBuffer b = operand(28);
        assertThat(b.getInt(0)).isEqualTo(0xffff_0340);
        assertThat(b.getInt(4)).isEqualTo(0xffff_0000 | 5 << 11);
        assertThat(b.getInt(8)).isEqualTo(0xffff_03ff);
        assertThat(b.getInt(12)).isEqualTo((int) machine.instructionAddress());
        assertThat(b.getInt(16)).isEqualTo(0x107 << 16 | X87Machine.CODE_SELECTOR);
        assertThat(b.getInt(20)).isEqualTo((int) X87Machine.PAGE + X87Machine.OPERAND);
        assertThat(f.control).isEqualTo(0x37f);
        f.setControl(0x340);
        machine.execute(0xd9, 0xe8);
        machine.execute(0xd9, 0x27);
        assertThat(f.control).isEqualTo(0x340);
        assertThat(f.top).isEqualTo(5);
        assertThat(f.lastOpcode).isEqualTo(0x107);
    }

    @Test
    void fnsaveStoresThe16BitFormWithPrefix66AndFrstorTakesItBack() {
        load();
        machine.execute(0x66, 0xdd, 0x37);
        ByteBuffer b = operand(94);
        assertThat(b.getShort(0)).isEqualTo((short) 0x37f);
        assertThat(b.getShort(2)).isEqualTo((short) (5 << 11));
        assertThat(b.getLong(14)).isEqualTo(ONE);
        assertThat(b.getShort(22)).isEqualTo((short) 0x3ffe);
        assertThat(f.empty).isEqualTo(0xff);
        assertThat(f.top).isZero();
        machine.execute(0x66, 0xdd, 0x27);
        assertThat(f.top).isEqualTo(5);
        assertThat(f.empty).isEqualTo(0x1f);
        assertThat(f.signExponent(0)).isEqualTo(0x3ffe);
        assertThat(f.significand(1)).isEqualTo(0xc90f_daa2_2168_c235L);
        assertThat(f.signExponent(2)).isEqualTo(0x3fff);
    }

    @Test
    void fxsaveLaysOut512BytesAndFxrstorTakesThemBack() {
        load();
        cpu.xmm[4 * 15 + 1] = 0x1234;
        cpu.mxcsr = 0x1fa0;
        machine.execute(0x48, 0x0f, 0xae, 0x07);
        ByteBuffer b = operand(512);
        assertThat(b.getShort(2)).isEqualTo((short) (5 << 11));
        assertThat(b.getShort(4)).isEqualTo((short) 0xe0);
        assertThat(b.getShort(6)).isEqualTo((short) 0x107);
        assertThat(b.getLong(8)).isEqualTo(machine.instructionAddress());
        assertThat(b.getLong(16)).isEqualTo(X87Machine.PAGE + X87Machine.OPERAND);
        assertThat(b.getInt(24)).isEqualTo(0x1fa0);
        assertThat(b.getInt(28)).isEqualTo(0xffff);
        assertThat(b.getShort(32 + 8)).isEqualTo((short) 0x3ffe);
        assertThat(b.getLong(160 + 15 * 16 + 8)).isEqualTo(0x1234);
        f.init();
        cpu.xmm[4 * 15 + 1] = 0;
        cpu.mxcsr = 0x1f80;
        machine.execute(0x48, 0x0f, 0xae, 0x0f);
        assertThat(f.statusWord()).isEqualTo(5 << 11);
        assertThat(f.empty).isEqualTo(0x1f);
        assertThat(f.lastOperand).isEqualTo(X87Machine.PAGE + X87Machine.OPERAND);
        assertThat(f.signExponent(0)).isEqualTo(0x3ffe);
        assertThat(cpu.xmm[4 * 15 + 1]).isEqualTo(0x1234);
        assertThat(cpu.mxcsr).isEqualTo(0x1fa0);
    }

    @Test
    void fxsaveWithoutRexWStoresSelectors() {
        load();
        machine.execute(0x0f, 0xae, 0x07);
        ByteBuffer b = operand(32);
        assertThat(b.getInt(8)).isEqualTo((int) machine.instructionAddress());
        assertThat(b.getInt(12)).isEqualTo(X87Machine.CODE_SELECTOR);
    }

    @Test
    void fxrstorRefusesReservedBitsOfMxcsrAndMisalignment() {
        machine.execute(0x0f, 0xae, 0x07);
        machine.put64(X87Machine.OPERAND + 24, 0x1_0000L);
        load();
        machine.put64(X87Machine.OPERAND, 0);
        assertFault(Vector.GP, () -> machine.execute(0x0f, 0xae, 0x0f));
        assertThat(f.top).isEqualTo(5);
        cpu.rdi += 8;
        assertFault(Vector.GP, () -> machine.execute(0x0f, 0xae, 0x07));
    }

    @Test
    void unmaskedExceptionWaitsForTheNextWaitingInstruction() {
        f.setControl(0x37b);
        machine.execute(0xd9, 0xe8);
        machine.execute(0xd9, 0xee);
        // FDIVP: 1 / 0.
        machine.execute(0xde, 0xf9);
        assertThat(f.statusWord()).isEqualTo(0x8084 | 6 << 11);
        assertFault(Vector.MF, () -> machine.execute(0xd9, 0xe8));
        assertFault(Vector.MF, () -> machine.execute(0x9b));
        machine.execute(0xdf, 0xe0);
        assertThat(cpu.rax).isEqualTo(0x8084 | 6 << 11);
        machine.execute(0xdb, 0xe2);
        assertThat(f.statusWord()).isEqualTo(6 << 11);
        machine.execute(0x9b);
        machine.execute(0xd9, 0xe8);
        assertThat(f.top).isEqualTo(5);
    }

    @Test
    void loadingAMaskCanMakeAnExceptionPending() {
        f.setStatusWord(4);
        machine.put64(X87Machine.OPERAND, 0x37b);
        machine.execute(0xd9, 0x2f);
        assertThat(f.pending()).isTrue();
        assertFault(Vector.MF, () -> machine.execute(0xd9, 0xd0));
        machine.execute(0xdb, 0xe3);
        assertThat(f.pending()).isFalse();
    }

    @Test
    void aStoreThatFaultsLeavesTheStackAsItWas() {
        load();
        cpu.rdi = X87Machine.PAGE + 4096 - 4;
        long before = machine.get64(4096 - 8);
        // FSTP m80, FSTP m64, FISTP m64, FBSTP, FNSAVE, all across the end of the page.
        assertFault(Vector.PF, () -> machine.execute(0xdb, 0x3f));
        assertFault(Vector.PF, () -> machine.execute(0xdd, 0x1f));
        assertFault(Vector.PF, () -> machine.execute(0xdf, 0x3f));
        assertFault(Vector.PF, () -> machine.execute(0xdf, 0x37));
        assertFault(Vector.PF, () -> machine.execute(0xdd, 0x37));
        assertThat(f.top).isEqualTo(5);
        assertThat(f.status).isZero();
        assertThat(f.lastOpcode).isEqualTo(0x107);
        assertThat(machine.get64(4096 - 8)).isEqualTo(before);
    }

    @Test
    void aLoadThatFaultsChangesNothing() {
        cpu.rdi = X87Machine.PAGE + 4096 - 9;
        assertFault(Vector.PF, () -> machine.execute(0xdb, 0x2f));
        assertThat(f.top).isZero();
        assertThat(f.empty).isEqualTo(0xff);
        cpu.rdi = X87Machine.PAGE + 4096 - 40;
        f.signExponent[1] = 77;
        assertFault(Vector.PF, () -> machine.execute(0xdd, 0x27));
        assertThat(f.signExponent[1]).isEqualTo(77);
    }

    @Test
    void taskSwitchedAndEmulationMakeTheCoprocessorUnavailable() {
        cpu.cr0 |= 8;
        assertFault(Vector.NM, () -> machine.execute(0xd9, 0xe8));
        assertFault(Vector.NM, () -> machine.execute(0xdb, 0xe3));
        assertFault(Vector.NM, () -> machine.execute(0x0f, 0xae, 0x07));
        assertFault(Vector.NM, () -> machine.execute(0x9b));
        cpu.cr0 &= ~2;
        machine.execute(0x9b);
        cpu.cr0 = cpu.cr0 & ~8 | 4;
        assertFault(Vector.NM, () -> machine.execute(0xd9, 0xe8));
    }

    @Test
    void constantsFollowTheRoundingControl() {
        f.setControl(0x77f);
        machine.execute(0xd9, 0xeb);
        assertThat(f.significand(0)).isEqualTo(0xc90f_daa2_2168_c234L);
        f.setControl(0xb7f);
        machine.execute(0xd9, 0xe9);
        assertThat(f.significand(0)).isEqualTo(0xd49a_784b_cd1b_8affL);
    }

    @Test
    void stateComponentsOfXsaveDoNotExist() {
        // XSAVE, XRSTOR.
        assertThatThrownBy(() -> machine.execute(0x0f, 0xae, 0x27))
                .hasMessage("no such instruction");
        assertThatThrownBy(() -> machine.execute(0x0f, 0xae, 0x2f))
                .hasMessage("no such instruction");
    }
}
