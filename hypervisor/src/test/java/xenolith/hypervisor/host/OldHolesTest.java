package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Evtchn;
import xenolith.abi.xen.Hypercall;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.decode.Instruction;

/**
 * Old holes of Xen outside of grant tables, by the number of their advisory: each test tries what
 * was possible once. {@code docs/holes.md} says which check of ours each of them holds; removing
 * that check must make the test fail.
 */
class OldHolesTest {
    private static final long TABLE = Pte.P | Pte.U | Pte.A | Pte.D;
    private static final long RW_TABLE = TABLE | Pte.RW;
    private static final long SELF = 0x7ff0;
    private static final long ARGUMENTS = 0x9000;
    private static final long FAR = 0x8000_0000_0000L;

    private final TestHost host = new TestHost(2048, 5);
    private final TestHost.Guest g = host.guest(32, 2);
    private final Vcpu v = g.d.vcpu(0);

    @AfterEach
    void allIsCounted() {
        assertThat(host.audit()).isEmpty();
        host.close();
    }

    private long frame() {
        return host.frames.allocate(g.d.memory, 100);
    }

    private long update(long ptr, long value) {
        g.put64(ARGUMENTS, ptr);
        g.put64(ARGUMENTS + 8, value);
        return g.call(Hypercall.MMU_UPDATE, ARGUMENTS, 1, 0, SELF);
    }

    private long mmuext(int command, long arg1, long arg2) {
        g.put32(ARGUMENTS, command);
        g.put64(ARGUMENTS + 8, arg1);
        g.put64(ARGUMENTS + 16, arg2);
        return g.call(Hypercall.MMUEXT_OP, ARGUMENTS, 1, 0, SELF);
    }

    /** Machine address of {@code slot} of the guest's own table of {@code level}. */
    private long slot(int level, int slot) {
        return (g.mfns[level - 1] << 12) + 8L * slot;
    }

    @Test
    void xsa113AMachphysUpdateThatIsRefusedKeepsNoReference() {
        long mfn = g.mfns[20];
        int references = host.frames.count(mfn);
        assertThat(update(mfn << 12 | 1, 0x77)).isZero();
        assertThat(update(0x7ff_ffffL << 12 | 1, 0x77)).isEqualTo(-Errno.EINVAL);
        assertThat(host.frames.count(mfn)).isEqualTo(references);
    }

    @Test
    void xsa148APresentEntryDoesNotBecomeASuperpage() {
        long entry = g.get64(0x1000);
        assertThat(update(slot(2, 0), entry | Pte.PS)).isEqualTo(-Errno.EINVAL);
        assertThat(g.get64(0x1000)).isEqualTo(entry);
    }

    @Test
    void xsa167SuperpageMarksAreRefused() {
        for (int command : new int[] {19, 20}) {
            assertThat(mmuext(command, 0, 0)).isEqualTo(-Errno.EOPNOTSUPP);
        }
    }

    @Test
    void xsa176TheSizeBitIsRefusedInEveryTable() {
        for (int level = 2; level <= 4; level++) {
            assertThat(update(slot(level, 5), Pte.of(g.mfns[level - 2], RW_TABLE | Pte.PS)))
                    .as("level %d", level)
                    .isEqualTo(-Errno.EINVAL);
        }
    }

    @Test
    void xsa182ALinearEntryDoesNotBecomeWritable() {
        assertThat(update(slot(4, 5), Pte.of(g.mfns[3], TABLE))).isZero();
        assertThat(update(slot(4, 5), Pte.of(g.mfns[3], RW_TABLE))).isEqualTo(-Errno.EINVAL);
        assertThat(g.get64(0x3000 + 40) & Pte.RW).isZero();
    }

    @Test
    void xsa193SegmentBasesAreCanonical() {
        for (int which = 0; which <= 2; which++) {
            assertThat(g.call(Hypercall.SET_SEGMENT_BASE, which, FAR)).isEqualTo(-Errno.EINVAL);
        }
        for (int segment : new int[] {Segment.FS, Segment.GS}) {
            assertThat(v.cpu.segmentBase(segment)).isNotEqualTo(FAR);
        }
        assertThat(v.cpu.kernelGsBase).isNotEqualTo(FAR);
    }

    @Test
    void xsa212ExchangeWritesToTheGuestsOwnMemoryOnly() {
        // The output list lies in the machine-to-physical table, which is the hypervisor's.
        long xen = 0xffff_8000_0000_0000L;
        g.put64(ARGUMENTS + 0x200, frame());
        long[] words = {ARGUMENTS + 0x200, 1, 0, SELF, xen, 1, 0, SELF, 0};
        for (int i = 0; i < words.length; i++) {
            g.put64(ARGUMENTS + 8L * i, words[i]);
        }
        long before = host.frames.m2p().pfn(0);
        assertThat(g.call(Hypercall.MEMORY_OP, 11, ARGUMENTS)).isEqualTo(-Errno.EFAULT);
        assertThat(host.frames.m2p().pfn(0)).isEqualTo(before);
        // The input list: readable for the guest, but not one of its own.
        g.put64(ARGUMENTS, xen);
        g.put64(ARGUMENTS + 32, ARGUMENTS + 0x200);
        assertThat(g.call(Hypercall.MEMORY_OP, 11, ARGUMENTS)).isEqualTo(-Errno.EFAULT);
        // A list of which each element is looked at on its own.
        assertThat(g.call(Hypercall.SET_TRAP_TABLE, xen)).isEqualTo(-Errno.EFAULT);
    }

    @Test
    void xsa213AnIretEndsAMulticall() {
        long stack = 0xa000;
        long[] iret = {0, 0, 0, 0, 0x5100, 0xe030, 0x202, 0xa800, 0xe02b};
        for (int i = 0; i < iret.length; i++) {
            g.put64(stack + 8L * i, iret[i]);
        }
        g.put64(ARGUMENTS, Hypercall.IRET);
        g.put64(ARGUMENTS + 64, Hypercall.VM_ASSIST);
        g.put64(ARGUMENTS + 64 + 16, 0);
        g.put64(ARGUMENTS + 64 + 24, 2);
        v.cpu.rsp = stack;
        g.set(v, Hypercall.MULTICALL, ARGUMENTS, 2);
        g.paused(v);
        assertThat(v.cpu.rip).isEqualTo(0x5100);
        assertThat(g.d.assists).as("what came after it").isZero();
    }

    @Test
    void xsa221PollingAPortThatNoDomainCanHave() {
        g.put32(ARGUMENTS + 0x100, 1 << 20);
        g.put64(ARGUMENTS, ARGUMENTS + 0x100);
        g.put32(ARGUMENTS + 8, 1);
        g.put64(ARGUMENTS + 16, 0);
        v.setUpcallMask(1);
        assertThat(g.call(Hypercall.SCHED_OP, 3, ARGUMENTS)).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void xsa231FlagsOfAReservationNameNoNodeThatIsNotThere() {
        g.d.memory.setMaxPages(1200);
        for (long node = 0; node < 256; node++) {
            // A wish is not heard, but who insists is refused, as all guests are.
            assertThat(populate(node << 8)).as("node %d", node - 1).isEqualTo(1);
            assertThat(populate(node << 8 | 1 << 17)).isEqualTo(node == 0 ? 1 : 0);
            assertThat(populate(node << 8 | 3 << 17)).as("a node of its own").isEqualTo(1);
        }
    }

    private long populate(long flags) {
        g.put64(ARGUMENTS + 0x100, 200);
        long[] words = {ARGUMENTS + 0x100, 1, flags << 32, SELF};
        for (int i = 0; i < words.length; i++) {
            g.put64(ARGUMENTS + 8L * i, words[i]);
        }
        return g.call(Hypercall.MEMORY_OP, 6, ARGUMENTS);
    }

    @Test
    void xsa240LinearTablesMakeNoChain() {
        long[] l4 = {frame(), frame(), frame()};
        for (long mfn : l4) {
            assertThat(mmuext(3, mfn, 0)).isZero();
        }
        assertThat(update((l4[0] << 12) + 8, Pte.of(l4[1], TABLE))).isZero();
        assertThat(update((l4[1] << 12) + 8, Pte.of(l4[2], TABLE))).isEqualTo(-Errno.EINVAL);
        assertThat(update((l4[2] << 12) + 8, Pte.of(l4[0], TABLE))).isEqualTo(-Errno.EINVAL);
    }

    @Test
    void xsa259AnInterruptWithoutAHandlerIsTheGuestsFault() {
        v.trapAddress[13] = 0x5800;
        v.trapFlags[0x80] = 3;
        v.cpu.rsp = 0x6ff0;
        v.cpu.rip = 0x5002;
        host.exits.handle(v, new Exit.SoftwareInterrupt(0x80, 2, false));
        assertThat(v.cpu.rip).as("#GP").isEqualTo(0x5800);
        assertThat(g.d.running()).isTrue();
    }

    @Test
    void xsa279FlushesOfAddressesThatAreNotCanonical() {
        g.put64(ARGUMENTS + 0x100, 3);
        assertThat(mmuext(7, FAR, 0)).isZero();
        assertThat(mmuext(9, FAR, ARGUMENTS + 0x100)).isZero();
        assertThat(mmuext(11, FAR, 0)).isZero();
        // The page at 0 of the same table must not be found instead.
        long entry = g.entry(0);
        for (long flush = 0; flush < 4; flush++) {
            long where = 1L << 63;
            assertThat(g.call(Hypercall.UPDATE_VA_MAPPING, where, 0, flush))
                    .isEqualTo(-Errno.EINVAL);
        }
        assertThat(g.entry(0)).isEqualTo(entry);
    }

    @Test
    void xsa286NoTranslationOutlivesAnEntryThatALinearTableShows() {
        // Slot 5 of the level-4 table names the table itself: its entries are pages.
        assertThat(update(slot(4, 5), Pte.of(g.mfns[3], TABLE))).isZero();
        long linear = 5L << 39 | 5L << 30 | 5L << 21 | 5L << 12;
        assertThat(v.cpu.mmu.read(linear, 8)).isEqualTo(g.get64(0x3000));
        assertThat(v.cpu.mmu.read(20 << 12, 8)).isZero();
        assertThat(update(slot(3, 0), 0)).isZero();
        assertThat(v.cpu.mmu.tryTranslate(20 << 12, xenolith.machine.mmu.Access.READ))
                .as("level 3 has no entry any more")
                .isNegative();
    }

    @Test
    void xsa287AFrameInUseIsNotExchanged() {
        long mfn = g.mfns[20];
        g.put64(ARGUMENTS + 0x100, mfn);
        g.put64(ARGUMENTS + 0x108, 20);
        long[] words = {ARGUMENTS + 0x100, 1, 0, SELF, ARGUMENTS + 0x108, 1, 0, SELF, 0};
        for (int i = 0; i < words.length; i++) {
            g.put64(ARGUMENTS + 8L * i, words[i]);
        }
        assertThat(g.call(Hypercall.MEMORY_OP, 11, ARGUMENTS)).isNegative();
        assertThat(host.frames.owner(mfn)).isEqualTo(g.d.domid());
        assertThat(g.entry(20) & Pte.P).isNotZero();
    }

    @Test
    void xsa296AContextThatCannotBeReadOrLoadedStartsNothing() {
        Vcpu second = g.d.vcpu(1);
        second.initialised = false;
        assertThat(g.call(Hypercall.VCPU_OP, 0, 1, 0xffff_8000_0000_0000L))
                .isEqualTo(-Errno.EFAULT);
        for (int i = 0; i < 512; i++) {
            g.put64(0xa000 + 8L * i, -1);
            g.put64(0xb000 + 8L * i, -1);
        }
        assertThat(g.call(Hypercall.VCPU_OP, 0, 1, 0xa000)).isEqualTo(-Errno.EINVAL);
        assertThat(second.initialised).isFalse();
        assertThat(g.call(Hypercall.VCPU_OP, 1, 1, 0)).as("up").isEqualTo(-Errno.EINVAL);
        second.initialised = true;
    }

    @Test
    void xsa309LinearEntriesOfATableThatFailsAreUncounted() {
        long other = frame();
        assertThat(mmuext(3, other, 0)).isZero();
        long mfn = frame();
        host.memory.put64(mfn << 12, Pte.of(other, TABLE));
        host.memory.put64((mfn << 12) + 8, Pte.of(g.mfns[0], TABLE));
        assertThat(mmuext(3, mfn, 0)).as("an l1 table is no l3").isEqualTo(-Errno.EINVAL);
        assertThat(host.frames.type(mfn)).isZero();
        // Had the failed table kept its part of the count, this would be a chain.
        long third = frame();
        assertThat(mmuext(3, third, 0)).isZero();
        assertThat(update((other << 12) + 8, Pte.of(third, TABLE))).isZero();
    }

    @Test
    void xsa317ADomainThatHasAllPortsGetsNoMore() {
        long last = 0;
        for (int i = 0; i < 140_000 && last == 0; i++) {
            g.put64(ARGUMENTS, SELF | SELF << 16);
            last = g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.ALLOC_UNBOUND, ARGUMENTS);
        }
        assertThat(last).isEqualTo(-Errno.ENOSPC);
        assertThat(g.get32(ARGUMENTS + 4)).as("not written").isLessThan(1 << 17);
        g.put32(ARGUMENTS, 1);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.CLOSE, ARGUMENTS)).isZero();
        g.put64(ARGUMENTS, SELF | SELF << 16);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.ALLOC_UNBOUND, ARGUMENTS)).isZero();
        assertThat(g.get32(ARGUMENTS + 4)).as("the one that is free").isOne();
    }

    @Test
    void xsa333MiscEnableIsReadAndWrittenWithoutHarm() {
        v.trapAddress[13] = 0x5800;
        Instruction rdmsr = new Instruction();
        rdmsr.mode = Cpu.MODE_64;
        rdmsr.length = 2;
        rdmsr.map = Instruction.MAP_0F;
        rdmsr.opcode = 0x32;
        v.cpu.rip = 0x5000;
        v.cpu.rcx = 0x1a0;
        host.exits.handle(v, new Exit.Privileged(rdmsr));
        assertThat(v.cpu.rip).isEqualTo(0x5002);
        assertThat(v.cpu.rax & 1 << 11 | 1 << 12).as("no BTS, no PEBS").isNotZero();
        rdmsr.opcode = 0x30;
        v.cpu.rax = -1;
        host.exits.handle(v, new Exit.Privileged(rdmsr));
        assertThat(v.cpu.rip).as("as in Xen, a change is no fault").isEqualTo(0x5004);
        assertThat(host.refusal().line()).contains("a change of MISC_ENABLE");
        rdmsr.opcode = 0x32;
        host.exits.handle(v, new Exit.Privileged(rdmsr));
        assertThat(v.cpu.rax).as("and has no effect").isEqualTo(0x80_1801);
    }

    @Test
    void xsa339SysenterWithoutAnEntryPointIsTheGuestsFault() {
        v.trapAddress[13] = 0x5800;
        v.kernelSp = 0x6ff0;
        assertThat(v.paging.setUserRoot(g.mfns[3])).isZero();
        assertThat(v.enterUser()).isTrue();
        v.cpu.rip = 0x5002;
        host.exits.handle(v, Exit.Simple.SYSENTER);
        assertThat(g.d.running()).isTrue();
        assertThat(v.cpu.rip).as("#GP").isEqualTo(0x5800);
    }

    @Test
    void xsa358AFifoControlBlockIsWholeAndTheGuestsOwn() {
        g.put32(ARGUMENTS + 12, 0);
        for (long[] bad :
                new long[][] {
                    {g.mfns[20], 4096 - 64, Errno.EINVAL},
                    {g.mfns[20], 4, Errno.EINVAL},
                    {g.mfns[0], 0, Errno.EINVAL},
                    {1, 0, Errno.EINVAL}
                }) {
            g.put64(ARGUMENTS, bad[0]);
            g.put32(ARGUMENTS + 8, bad[1]);
            assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.INIT_CONTROL, ARGUMENTS))
                    .as("frame 0x%x, offset %d", bad[0], bad[1])
                    .isEqualTo(-bad[2]);
        }
        // XSA-188: what failed left nothing behind that expand_array could use.
        g.put64(ARGUMENTS, g.mfns[21]);
        assertThat(g.call(Hypercall.EVENT_CHANNEL_OP, Evtchn.EXPAND_ARRAY, ARGUMENTS))
                .isEqualTo(-Errno.EOPNOTSUPP);
    }
}
