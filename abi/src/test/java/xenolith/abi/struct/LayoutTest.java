package xenolith.abi.struct;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Offsets that a C compiler gives for the public headers, in both ABIs. */
class LayoutTest {
    private static void at(Field field, int offset64, int offset32) {
        assertThat(field.at(Abi.BITS64)).isEqualTo(offset64);
        assertThat(field.at(Abi.BITS32)).isEqualTo(offset32);
    }

    @Test
    void sharedInfo() {
        at(SharedInfo.EVTCHN_PENDING, 2048, 2048);
        at(SharedInfo.EVTCHN_MASK, 2560, 2176);
        at(SharedInfo.WC_VERSION, 3072, 2304);
        at(SharedInfo.ARCH_MAX_PFN, 3088, 2316);
        at(SharedInfo.ARCH_P2M_GENERATION, 3128, 2336);
        assertThat(SharedInfo.secondsHigh(Abi.BITS64)).isEqualTo(3084);
        assertThat(SharedInfo.secondsHigh(Abi.BITS32)).isEqualTo(2340);
    }

    @Test
    void vcpuInfo() {
        at(VcpuInfo.EVTCHN_PENDING_SEL, 8, 4);
        at(VcpuInfo.ARCH_CR2, 16, 8);
    }

    @Test
    void runstateInfoOf32BitGuestsAlignsTimesToFourBytes() {
        at(RunstateInfo.STATE_ENTRY_TIME, 8, 4);
        at(RunstateInfo.TIME, 16, 12);
        at(RunstateInfo.SIZE, 48, 44);
    }

    @Test
    void vcpuGuestContext() {
        at(VcpuGuestContext.USER_REGS, 520, 516);
        at(VcpuGuestContext.TRAP_CTXT, 720, 584);
        at(VcpuGuestContext.GDT_FRAMES, 4832, 2640);
        at(VcpuGuestContext.KERNEL_SS, 4968, 2708);
        at(VcpuGuestContext.EVENT_CALLBACK, 5112, 2784);
        at(VcpuGuestContext.VM_ASSIST, 5136, 2796);
        at(VcpuGuestContext.SIZE, 5168, 2800);
        at(VcpuGuestContext.GS_BASE_USER, 5160, 2800);
    }

    @Test
    void listElements() {
        at(TrapInfo.ADDRESS, 8, 4);
        at(TrapInfo.SIZE, 16, 8);
        at(MulticallEntry.ARGS, 16, 8);
        at(MulticallEntry.SIZE, 64, 32);
    }
}
