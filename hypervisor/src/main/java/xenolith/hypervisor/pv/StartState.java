package xenolith.hypervisor.pv;

import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.Selector;
import xenolith.abi.xen.Selector32;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.hypervisor.trap.Segments;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.memory.MachineMemory;

/** The state a vCPU starts in: from a builder, or from a struct vcpu_guest_context. */
public final class StartState {
    /** Default period of VIRQ_TIMER, until the guest stops it. */
    private static final long PERIOD = 10_000_000;

    private static final int TRAPS = 256;
    private static final int MOST_LDT_ENTRIES = 8192;

    private StartState() {}

    /** The start of a new domain's vCPU: flat segments, events masked, no callbacks. */
    public static int boot(Vcpu v, long rip, long rsp, long rsi, long topTableMfn) {
        int rc = v.paging.setKernelRoot(topTableMfn);
        if (rc < 0) {
            return rc;
        }
        v.paging.selectKernel();
        reset(v);
        Cpu cpu = v.cpu;
        cpu.rip = rip;
        cpu.rsp = rsp;
        cpu.rsi = rsi;
        v.kernelSp = rsp;
        v.kernelSs = v.domain.compat() ? Selector32.FLAT_KERNEL_DATA : Selector.FLAT_DATA;
        start(v);
        v.activity.setOnline(true);
        return 0;
    }

    private static void reset(Vcpu v) {
        Cpu cpu = v.cpu;
        cpu.setRegisters(new long[16]);
        cpu.setRflags(Rflags.IF);
        cpu.kernelGsBase = 0;
        if (v.domain.compat()) {
            Segments.loadFlatKernel32(cpu);
            return;
        }
        Segments.loadFlatKernel(cpu);
        for (int s : new int[] {Segment.ES, Segment.DS, Segment.FS, Segment.GS}) {
            Segments.loadNull(cpu, s, 0);
        }
        cpu.cpl = 3;
    }

    private static void start(Vcpu v) {
        v.initialised = true;
        long now = v.domain.hypervisor.clock.now();
        v.activity.setPeriodic(PERIOD, now);
        v.updateTime(now);
    }

    /**
     * Sets all of {@code v} from the {@link VcpuGuestContext} {@code context}; it stays offline, if
     * that does not say otherwise. 0 or a negated errno.
     */
    public static int load(Vcpu v, byte[] context) {
        GuestContext c = new GuestContext(context, v.domain.abi());
        boolean compat = v.domain.compat();
        long flags = c.get(VcpuGuestContext.FLAGS);
        boolean user = !compat && (flags & VcpuGuestContext.VGCF_IN_KERNEL) == 0;
        int rc = check(v, c, user);
        if (rc == 0) {
            rc = tables(v, c);
        }
        if (rc < 0) {
            return rc;
        }
        reset(v);
        c.traps(v);
        c.processor(v);
        if (compat) {
            c.registers32(v);
        } else {
            c.registers64(v);
        }
        if (user) {
            v.enterUser();
        }
        start(v);
        v.activity.setOnline((flags & VcpuGuestContext.VGCF_ONLINE) != 0);
        return 0;
    }

    private static int check(Vcpu v, GuestContext c, boolean user) {
        if (!v.domain.compat() && !canonical(c)) {
            return v.refuse(Errno.EINVAL, "an address in the context is not canonical");
        }
        long base = c.get(VcpuGuestContext.LDT_BASE);
        long entries = c.get(VcpuGuestContext.LDT_ENTS);
        boolean allowed = v.domain.compat() || EntryRules.guestAddress(base, v.domain.abi());
        if (!allowed
                || (base & MachineMemory.FRAME_SIZE - 1) != 0
                || Long.compareUnsigned(entries, MOST_LDT_ENTRIES) > 0) {
            String what = "an LDT at 0x" + Long.toHexString(base) + " of " + entries + " entries";
            return v.refuse(Errno.EINVAL, what);
        }
        return user && c.get(VcpuGuestContext.CTRLREG, 1) == 0
                ? v.refuse(Errno.EINVAL, "a start in user mode without a table for it")
                : 0;
    }

    private static boolean canonical(GuestContext c) {
        boolean handlers = true;
        for (int i = 0; i < TRAPS; i++) {
            handlers &= Pte.canonical(c.trapAddress(i));
        }
        return handlers
                && Pte.canonical(c.userRegister(UserRegs.RIP))
                && Pte.canonical(c.userRegister(UserRegs.RSP))
                && Pte.canonical(c.get(VcpuGuestContext.KERNEL_SP))
                && Pte.canonical(c.get(VcpuGuestContext.EVENT_CALLBACK))
                && Pte.canonical(c.get(VcpuGuestContext.FAILSAFE_CALLBACK))
                && Pte.canonical(c.get(VcpuGuestContext.SYSCALL_CALLBACK))
                && Pte.canonical(c.get(VcpuGuestContext.FS_BASE))
                && Pte.canonical(c.get(VcpuGuestContext.GS_BASE_KERNEL))
                && Pte.canonical(c.get(VcpuGuestContext.GS_BASE_USER));
    }

    private static int tables(Vcpu v, GuestContext c) {
        long entries = c.get(VcpuGuestContext.GDT_ENTS) & 0xffff_ffffL;
        if (entries > Selector.FIRST_RESERVED_GDT_ENTRY) {
            return v.refuse(Errno.EINVAL, "a GDT of " + entries + " entries");
        }
        long[] mfns = new long[((int) entries + 511) / 512];
        for (int i = 0; i < mfns.length; i++) {
            mfns[i] = c.get(VcpuGuestContext.GDT_FRAMES, i);
        }
        int rc = v.paging.setGdt(mfns, (int) entries);
        if (rc < 0) {
            return rc;
        }
        v.gdtMfns = mfns;
        v.gdtEntries = (int) entries;
        long cr3 = c.get(VcpuGuestContext.CTRLREG, 3);
        // 64-bit guests give control registers 1 and 3 as plain machine addresses.
        rc = v.paging.setKernelRoot(v.domain.compat() ? PaeCr3.mfn(cr3) : cr3 >>> 12);
        if (rc < 0) {
            return rc;
        }
        long user = v.domain.compat() ? 0 : c.get(VcpuGuestContext.CTRLREG, 1) & ~1L;
        if (user != 0) {
            rc = v.paging.setUserRoot(user >>> 12);
            if (rc < 0) {
                return rc;
            }
        }
        v.paging.selectKernel();
        long ldtEntries = c.get(VcpuGuestContext.LDT_ENTS);
        return v.paging.setLdt(c.get(VcpuGuestContext.LDT_BASE), ldtEntries);
    }
}
