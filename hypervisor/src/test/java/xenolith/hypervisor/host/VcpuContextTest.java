package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;

/**
 * VCPUOP_initialise: what a context may hold, and what of it a vCPU gets (Xen's
 * arch_set_info_guest).
 */
class VcpuContextTest {
    private static final long CONTEXT = 0x9000;
    private static final int IN_KERNEL = VcpuGuestContext.VGCF_IN_KERNEL;

    private final TestHost host = new TestHost(1024, 3);
    private final TestHost.Guest g = host.guest(32, 2);
    private final Vcpu v = g.d.vcpu(1);

    @BeforeEach
    void good() {
        v.initialised = false;
        v.activity.setOnline(false);
        put(VcpuGuestContext.FLAGS, 0, IN_KERNEL);
        put(VcpuGuestContext.USER_REGS, UserRegs.RIP, 0x5100);
        put(VcpuGuestContext.USER_REGS, UserRegs.RSP, 0x6800);
        put(VcpuGuestContext.USER_REGS, UserRegs.CS, 0xe033);
        put(VcpuGuestContext.USER_REGS, UserRegs.SS, 0xe02b);
        put(VcpuGuestContext.CTRLREG, 8 * 3, g.mfns[3] << 12);
    }

    @AfterEach
    void close() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    private void put(Field f, int offset, long value) {
        g.put64(CONTEXT + f.at(Abi.BITS64) + offset, value);
    }

    private long initialise() {
        return g.call(Hypercall.VCPU_OP, 0, 1, CONTEXT);
    }

    private void refused(Field f, int offset, long value) {
        long at = CONTEXT + f.at(Abi.BITS64) + offset;
        long before = g.get64(at);
        g.put64(at, value);
        assertThat(initialise()).as("%x at %d", value, at - CONTEXT).isEqualTo(-Errno.EINVAL);
        assertThat(host.refusal().explained()).isTrue();
        assertThat(v.initialised).isFalse();
        g.put64(at, before);
    }

    @Test
    void whatIsNotTheGuestsIsRefused() {
        long hole = 1L << 47;
        refused(VcpuGuestContext.USER_REGS, UserRegs.RIP, hole);
        refused(VcpuGuestContext.USER_REGS, UserRegs.RSP, hole);
        refused(VcpuGuestContext.KERNEL_SP, 0, hole);
        refused(VcpuGuestContext.TRAP_CTXT, 16 * 255 + 8, hole);
        refused(VcpuGuestContext.EVENT_CALLBACK, 0, hole);
        refused(VcpuGuestContext.GS_BASE_USER, 0, hole);
        refused(VcpuGuestContext.LDT_BASE, 0, 0xffff_8000_0000_0000L);
        refused(VcpuGuestContext.LDT_BASE, 0, 0x1008);
        refused(VcpuGuestContext.LDT_ENTS, 0, 8193);
        refused(VcpuGuestContext.LDT_ENTS, 0, -1);
        refused(VcpuGuestContext.GDT_ENTS, 0, 14 * 512 + 1);
        refused(VcpuGuestContext.CTRLREG, 8 * 3, g.mfns[20] << 12);
        refused(VcpuGuestContext.FLAGS, 0, 0);
        assertThat(initialise()).isZero();
        assertThat(initialise()).isEqualTo(-Errno.EEXIST);
    }

    @Test
    void itStartsOnlineIfItIsToldSo() {
        assertThat(initialise()).isZero();
        assertThat(v.activity.online()).isFalse();
        v.initialised = false;
        put(VcpuGuestContext.FLAGS, 0, IN_KERNEL | VcpuGuestContext.VGCF_ONLINE);
        assertThat(initialise()).isZero();
        assertThat(v.activity.online()).isTrue();
        assertThat(v.cpu.rip).isEqualTo(0x5100);
        assertThat(v.kernelMode()).isTrue();
    }

    @Test
    void itMayStartInUserMode() {
        put(VcpuGuestContext.FLAGS, 0, 0);
        put(VcpuGuestContext.CTRLREG, 8, g.mfns[3] << 12);
        put(VcpuGuestContext.GS_BASE_KERNEL, 0, 0x1000);
        put(VcpuGuestContext.GS_BASE_USER, 0, 0x2000);
        assertThat(initialise()).isZero();
        assertThat(v.kernelMode()).isFalse();
        assertThat(v.cpu.segmentBase(xenolith.machine.cpu.Segment.GS)).isEqualTo(0x2000);
        assertThat(v.cpu.kernelGsBase).isEqualTo(0x1000);
    }

    @Test
    void callbacksAndRegistersAreAsTold() {
        int masks =
                VcpuGuestContext.VGCF_FAILSAFE_DISABLES_EVENTS
                        | VcpuGuestContext.VGCF_SYSCALL_DISABLES_EVENTS;
        put(VcpuGuestContext.FLAGS, 0, IN_KERNEL | masks | VcpuGuestContext.VGCF_I387_VALID);
        put(VcpuGuestContext.SYSCALL_CALLBACK, 0, 0x5200);
        put(VcpuGuestContext.CTRLREG, 0, -1);
        put(VcpuGuestContext.CTRLREG, 8 * 4, -1);
        long cr0 = v.cpu.cr0;
        long cr4 = v.cpu.cr4;
        // Control word, and an empty stack but for one register; MXCSR; XMM1.
        g.put64(CONTEXT, 0x27fL | 1L << 32 + 7);
        g.put64(CONTEXT + 24, 0x1fa0);
        g.put64(CONTEXT + 160 + 16, 77);
        assertThat(initialise()).isZero();
        assertThat(v.syscallCallback.address).isEqualTo(0x5200);
        assertThat(v.syscallCallback.maskEvents).isTrue();
        assertThat(v.failsafeCallback.maskEvents).isTrue();
        assertThat(v.cpu.cr0).as("TS").isEqualTo(cr0 | 8);
        assertThat(v.cpu.cr4).as("TSD, DE, FSGSBASE").isEqualTo(cr4 | 0x1_000c);
        assertThat(v.cpu.fpu.control).isEqualTo(0x27f);
        assertThat(v.cpu.fpu.empty).isEqualTo(0x7f);
        assertThat(v.cpu.mxcsr).isEqualTo(0x1fa0);
        assertThat(v.cpu.xmm[4]).isEqualTo(77);
        assertThat(v.cpu.rsp).isEqualTo(0x6800);
    }
}
