package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.struct.Abi;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.domain.Domain;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.paging.XenTables;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.decode.DecodeException;
import xenolith.machine.decode.Decoder;
import xenolith.machine.decode.Instruction;

/** Operations that no guest of ours needs, and what Xen answers. */
class RareCallsTest {
    private static final long ARGUMENTS = 0x9000;
    private static final int PIRQ_EOI_GMFN_V1 = 17;
    private static final int PIRQ_EOI_GMFN_V2 = 28;
    private static final int POPULATE = 6;
    private static final int MACHPHYS_MFN_LIST = 5;
    private static final int MACHPHYS_MAPPING = 12;
    private static final int MACHPHYS_COMPAT_MFN_LIST = 25;

    private final TestHost host = new TestHost(2048, 5);
    private final TestHost.Guest g = host.guest(32, 2);

    @AfterEach
    void allIsCounted() {
        assertThat(host.audit()).isEmpty();
        g.d.release();
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    private long control(int call, int cmd, int version, int domid) {
        g.put32(ARGUMENTS, cmd);
        g.put32(ARGUMENTS + 4, version);
        g.put64(ARGUMENTS + 8, domid);
        return g.call(call, ARGUMENTS);
    }

    /**
     * In Xen's order: can it be read, is the version the right one, is there the domain, who asks.
     */
    @Test
    void controlOperationsAreForDomain0() {
        int platform = 0x0300_0001;
        assertThat(control(Hypercall.PLATFORM_OP, 17, platform, 0)).isEqualTo(-Errno.EPERM);
        assertThat(control(Hypercall.PLATFORM_OP, 17, 1, 0)).isEqualTo(-Errno.EACCES);
        assertThat(control(Hypercall.SYSCTL, 1, 0x15, 0)).isEqualTo(-Errno.EPERM);
        assertThat(control(Hypercall.SYSCTL, 1, 0x16, 0)).isEqualTo(-Errno.EACCES);
        long end = 32 * 4096;
        for (int call : new int[] {Hypercall.PLATFORM_OP, Hypercall.SYSCTL, Hypercall.DOMCTL}) {
            assertThat(g.call(call, end - 8)).as("call %d", call).isEqualTo(-Errno.EFAULT);
        }
        int pause = 3;
        int info = 5;
        int test = 45;
        assertThat(control(Hypercall.DOMCTL, pause, 0x14, 77)).isEqualTo(-Errno.EACCES);
        assertThat(control(Hypercall.DOMCTL, pause, 0x15, 77)).isEqualTo(-Errno.ESRCH);
        assertThat(control(Hypercall.DOMCTL, pause, 0x15, 0)).isEqualTo(-Errno.EPERM);
        assertThat(control(Hypercall.DOMCTL, pause, 0x15, 0x7ff0)).isEqualTo(-Errno.ESRCH);
        assertThat(control(Hypercall.DOMCTL, 1, 0x15, 77)).isEqualTo(-Errno.EPERM);
        assertThat(control(Hypercall.DOMCTL, info, 0x15, 1)).isEqualTo(-Errno.EPERM);
        assertThat(control(Hypercall.DOMCTL, info, 0x15, 77)).isEqualTo(-Errno.ESRCH);
        assertThat(control(Hypercall.DOMCTL, info, 0x15, 0x7ff0)).isEqualTo(-Errno.EINVAL);
        assertThat(control(Hypercall.DOMCTL, test, 0x15, 0x7ff4)).isEqualTo(-Errno.EPERM);
        assertThat(control(Hypercall.DOMCTL, 37, 0x15, 0x7ff4)).isEqualTo(-Errno.ESRCH);
        assertThat(control(Hypercall.DOMCTL, 37, 0x15, 0x7ff1)).isEqualTo(-Errno.EPERM);
    }

    private long eoiPage(int operation, long mfn) {
        g.put64(ARGUMENTS, mfn);
        return g.call(Hypercall.PHYSDEV_OP, operation, ARGUMENTS);
    }

    @Test
    void thePageOfEoisIsTakenOnce() {
        assertThat(eoiPage(PIRQ_EOI_GMFN_V2, g.mfns[3])).as("a table").isEqualTo(-Errno.EINVAL);
        assertThat(eoiPage(PIRQ_EOI_GMFN_V2, 1L << 60)).isEqualTo(-Errno.EINVAL);
        assertThat(eoiPage(PIRQ_EOI_GMFN_V1, g.mfns[20])).isZero();
        assertThat(eoiPage(PIRQ_EOI_GMFN_V2, g.mfns[21])).isEqualTo(-Errno.EBUSY);
        // Nobody makes a page table of what the hypervisor may write.
        g.call(Hypercall.UPDATE_VA_MAPPING, 20 * 4096, 0, 0);
        g.put64(ARGUMENTS, 0);
        g.put64(ARGUMENTS + 8, g.mfns[20]);
        assertThat(g.call(Hypercall.MMUEXT_OP, ARGUMENTS, 1, 0, 0x7ff0)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void theMachineToPhysicalTableEndsWhereItsRangeDoes() {
        assertThat(g.call(Hypercall.MEMORY_OP, MACHPHYS_MAPPING, ARGUMENTS)).isZero();
        assertThat(g.get64(ARGUMENTS)).isEqualTo(XenTables.M2P_START);
        assertThat(g.get64(ARGUMENTS + 8)).isEqualTo(0xffff_8040_0000_0000L);
        assertThat(g.get64(ARGUMENTS + 16)).isEqualTo((1L << 35) - 1);
    }

    @Test
    void a64BitGuestIsToldOfTheTableOf32BitOnes() {
        long[] first = new long[2];
        int[] operations = {MACHPHYS_MFN_LIST, MACHPHYS_COMPAT_MFN_LIST};
        for (int i = 0; i < 2; i++) {
            g.put32(ARGUMENTS, 8);
            g.put64(ARGUMENTS + 8, ARGUMENTS + 64);
            assertThat(g.call(Hypercall.MEMORY_OP, operations[i], ARGUMENTS)).isZero();
            assertThat(g.get32(ARGUMENTS + 16)).isEqualTo(1);
            first[i] = g.get64(ARGUMENTS + 64);
        }
        int pfn = 17;
        int mfn = (int) g.mfns[pfn];
        assertThat(host.memory.get64((first[0] << 12) + 8L * (mfn & 511))).isNotZero();
        assertThat(host.frames.m2p().frameCount32()).isEqualTo(2);
        assertThat(first[1]).isEqualTo(host.frames.m2p().mfn32(0));
        assertThat(
                        host.memory.get32(
                                (host.frames.m2p().mfn32(mfn >> 10) << 12) + 4L * (mfn & 1023)))
                .isEqualTo(pfn);
        // The first 32-bit guest finds the same table.
        DomainConfig config = new DomainConfig("32-bit", new UUID(0, 2), 1, 16, -1, Abi.BITS32);
        Domain other = Domain.create(host.hypervisor, host.hypervisor.nextDomid(), config);
        assertThat(host.frames.m2p().mfn32(0)).isEqualTo(first[1]);
        other.release();
    }

    @Test
    void thatTableNeedsRoom() {
        g.d.memory.setMaxPages(4000);
        while (host.frames.freeFrames() > 2) {
            assertThat(host.frames.allocate(g.d.memory, 50)).isPositive();
        }
        g.put64(ARGUMENTS + 8, ARGUMENTS + 64);
        assertThat(g.call(Hypercall.MEMORY_OP, MACHPHYS_COMPAT_MFN_LIST, ARGUMENTS))
                .isEqualTo(-Errno.ENOMEM);
    }

    /** The toolstack grants nothing, but its domain has a table, as domain 0 has on Xen. */
    @Test
    void theTableOfDomain0IsEmpty() {
        for (long ref : new long[] {8, 511, 512, 1L << 31}) {
            g.put64(ARGUMENTS, 20 << 12);
            g.put32(ARGUMENTS + 8, 2);
            g.put32(ARGUMENTS + 12, ref);
            g.put16(ARGUMENTS + 16, 0);
            assertThat(g.call(Hypercall.GRANT_TABLE_OP, 0, ARGUMENTS, 1)).isZero();
            assertThat(g.status(ARGUMENTS + 18)).as("%d", ref).isEqualTo(ref < 512 ? -1 : -3);
        }
    }

    @Test
    void framesFitIntoTheBitsThatWereAskedFor() {
        g.d.memory.setMaxPages(1800);
        // All below 2 MiB: the lowest 512 frames, of which some are the hypervisor's.
        int taken = 0;
        while (true) {
            g.put64(ARGUMENTS, ARGUMENTS + 64);
            g.put64(ARGUMENTS + 8, 1);
            g.put32(ARGUMENTS + 16, 0);
            g.put32(ARGUMENTS + 20, 21);
            g.put64(ARGUMENTS + 24, 0x7ff0);
            g.put64(ARGUMENTS + 64, 500 + taken);
            if (g.call(Hypercall.MEMORY_OP, POPULATE, ARGUMENTS) != 1) {
                break;
            }
            assertThat(g.get64(ARGUMENTS + 64)).isBetween(1L, 511L);
            assertThat(g.d.vcpu(0).takeWork()).as("a search").isGreaterThanOrEqualTo(512 >> 4);
            taken++;
        }
        assertThat(taken).isPositive();
        assertThat(g.d.memory.totalPages()).isLessThan(g.d.memory.maxPages());
    }

    /** XSA-344: closing 4,095 ports is not one step, and the guest can go on in between. */
    @Test
    void aResetOfManyPortsPauses() {
        Vcpu v = g.d.vcpu(0);
        g.put32(ARGUMENTS, 0);
        long bound;
        do {
            bound = g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.BIND_IPI, ARGUMENTS);
        } while (bound == 0);
        assertThat(g.d.events.valid(4095)).isTrue();
        g.put32(ARGUMENTS, 0x7ff0);
        g.set(v, Hypercall.EVENT_CHANNEL_OP, Evtchn.RESET, ARGUMENTS);
        int pauses = 0;
        while (g.paused(v)) {
            pauses++;
            assertThat(v.takeWork()).isLessThan(5000);
            assertThat(g.d.events.send(4095)).isZero();
        }
        assertThat(pauses).isGreaterThanOrEqualTo(3);
        assertThat(g.d.events.send(1)).isEqualTo(-Errno.EINVAL);
        assertThat(g.d.events.send(4095)).isEqualTo(-Errno.EINVAL);
        g.put32(ARGUMENTS, 0);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.BIND_IPI, ARGUMENTS)).isZero();
        assertThat(g.get32(ARGUMENTS + 4)).isEqualTo(1);
    }

    private void bindAll() {
        g.put32(ARGUMENTS, 0);
        while (g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.BIND_IPI, ARGUMENTS) == 0) {
            assertThat(g.get32(ARGUMENTS + 4)).isLessThan(4096);
        }
        g.put32(ARGUMENTS, 0x7ff0);
    }

    /** As Xen: one reset at a time, and a port that is bound meanwhile is told of. */
    @Test
    void aResetThatPausesIsTheOnlyOne() {
        bindAll();
        Vcpu v = g.d.vcpu(0);
        Vcpu other = g.d.vcpu(1);
        assertThat(g.call(other, Hypercall.EVENT_CHANNEL_OP, Evtchn.RESET_CONT, ARGUMENTS))
                .isEqualTo(-Errno.EBUSY);
        g.set(v, Hypercall.EVENT_CHANNEL_OP, Evtchn.RESET, ARGUMENTS);
        assertThat(g.paused(v)).isTrue();
        assertThat(g.call(other, Hypercall.EVENT_CHANNEL_OP, Evtchn.RESET, ARGUMENTS))
                .isEqualTo(-Errno.EBUSY);
        assertThat(g.d.events.bindIpi(0)).isOne();
        assertThat(g.call(v, v.cpu.rax, v.cpu.rdi, v.cpu.rsi)).isEqualTo(-Errno.EAGAIN);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.RESET, ARGUMENTS)).isZero();
        assertThat(g.d.events.send(1)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void aDomainThatDiesInTheMiddleOfAResetClosesWhatItOpenedMeanwhile() {
        bindAll();
        Vcpu v = g.d.vcpu(0);
        g.set(v, Hypercall.EVENT_CHANNEL_OP, Evtchn.RESET, ARGUMENTS);
        assertThat(g.paused(v)).isTrue();
        TestHost.Guest peer = host.guest(32, 1);
        int port = g.d.events.allocateUnbound(peer.d.domid());
        assertThat(port).isOne();
        int far = peer.d.events.bindInterdomain(g.d.domid(), port, null);
        assertThat(far).isPositive();
        g.d.events.die();
        assertThat(java.util.Objects.requireNonNull(peer.d.events.status(far)).state())
                .isEqualTo(Evtchn.STATUS_UNBOUND);
        peer.d.release();
    }

    @Test
    void whoXenIsAndWhatItHas() {
        long at = ARGUMENTS;
        g.put64(at, 0);
        assertThat(g.call(Hypercall.XEN_VERSION, 6, at)).isZero();
        assertThat(g.get32(at + 4)).isEqualTo(0x2_20e0);
        g.put32(at, 1);
        assertThat(g.call(Hypercall.XEN_VERSION, 6, at)).isEqualTo(-Errno.EINVAL);
        assertThat(g.call(Hypercall.XEN_VERSION, 7, 0)).isEqualTo(4096);
        assertThat(g.call(Hypercall.XEN_VERSION, 7, at)).isEqualTo(-Errno.EINVAL);
        g.put64(at + 8, -1);
        assertThat(g.call(Hypercall.XEN_VERSION, 9, at)).isZero();
        assertThat(g.get64(at)).isEqualTo(0x3e64_6569_6e65_643cL);
        assertThat(g.get64(at + 8)).as("its NUL and what was there").isEqualTo(-256);
        assertThat(g.call(Hypercall.XEN_VERSION, 10, 0)).isEqualTo(-Errno.EPERM);
        assertThat(g.call(Hypercall.XEN_VERSION, 11, at)).isEqualTo(-Errno.ENOSYS);
    }

    /** A list of handlers ends with address 0, however long it is, and pauses. */
    @Test
    void aLongListOfHandlersPauses() {
        Vcpu v = g.d.vcpu(0);
        long list = 8 * 4096;
        long entries = 24 * 256 - 1;
        for (long i = 0; i < entries; i++) {
            g.put64(list + 16 * i, i & 31 | 0xe033L << 16);
            g.put64(list + 16 * i + 8, 0x1000 + i);
        }
        g.set(v, Hypercall.SET_TRAP_TABLE, list);
        int pauses = 0;
        while (g.paused(v)) {
            pauses++;
            assertThat(v.takeWork()).isLessThan(5000);
        }
        assertThat(pauses).isGreaterThanOrEqualTo(3);
        assertThat(v.cpu.rax).isZero();
        assertThat(v.trapAddress[(int) (entries - 1) & 31]).isEqualTo(0x1000 + entries - 1);
    }

    /** A program's IN looks into the kernel's I/O bitmap by the kernel's tables. */
    @Test
    void theBitmapOfPortsIsTheKernels() throws DecodeException {
        Vcpu v = g.d.vcpu(0);
        long empty = 20;
        assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, empty << 12, 0, 0)).isZero();
        assertThat(v.paging.setUserRoot(g.mfns[(int) empty])).isZero();
        g.put64(ARGUMENTS, 10 << 12);
        g.put32(ARGUMENTS + 8, 0x88);
        assertThat(g.call(Hypercall.PHYSDEV_OP, 7, ARGUMENTS)).isZero();
        g.put64((10 << 12) + 16, 2);
        Instruction in = Decoder.decode(n -> 0xec, Cpu.MODE_64, 0);
        v.trapAddress[13] = 0x5800;
        v.kernelSp = 0x6ff0;
        for (int port = 0x80; port < 0x82; port++) {
            assertThat(v.enterUser()).isTrue();
            v.cpu.rip = 0x5000;
            v.cpu.rdx = port;
            host.exits.handle(v, new Exit.Privileged(in));
            assertThat(v.cpu.rip).as("port %x", port).isEqualTo(port == 0x80 ? 0x5001 : 0x5800);
            if (!v.kernelMode()) {
                v.enterKernel();
            }
        }
        assertThat(v.paging.setUserRoot(0)).isZero();
    }
}
