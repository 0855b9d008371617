package xenolith.hypervisor.domain;

import org.jspecify.annotations.Nullable;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.RunstateInfo;
import xenolith.abi.struct.SharedInfo;
import xenolith.abi.struct.TrapInfo;
import xenolith.abi.struct.VcpuInfo;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.VmAssist;
import xenolith.hypervisor.paging.VcpuPaging;
import xenolith.hypervisor.time.Pvclock;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;
import xenolith.machine.memory.HostMemory;
import xenolith.machine.memory.MachineMemory;

/** A virtual CPU of a PV domain: what Xen keeps of it beside the processor's own state. */
public final class Vcpu {
    /** Byte of the runstate area that holds XEN_RUNSTATE_UPDATE, bit 63 of the entry time. */
    private static int updateFlagByte(Abi abi) {
        return RunstateInfo.STATE_ENTRY_TIME.at(abi) + 7;
    }

    public final Domain domain;
    public final int id;
    public final Cpu cpu;
    public final VcpuPaging paging;
    public final Activity activity;
    public final History history = new History();
    private final MachineMemory memory;

    /** Guest kernel mode or guest user mode of a 64-bit guest; CPL is 3 in both. */
    private boolean kernelMode = true;

    /** The trap table: handler by vector, 0 for none. */
    public final long[] trapAddress = new long[256];

    /** Selectors of the handlers' code, for 32-bit guests. */
    public final int[] trapCs = new int[256];

    /** Flags of {@link TrapInfo} by vector. */
    public final byte[] trapFlags = new byte[256];

    public final Callback eventCallback = new Callback();
    public final Callback failsafeCallback = new Callback();
    public final Callback syscallCallback = new Callback();
    public final Callback syscall32Callback = new Callback();
    public final Callback sysenterCallback = new Callback();

    public long kernelSp;
    public int kernelSs;

    /** Virtual IOPL, 0 to 3. */
    public int iopl;

    /** Linear address of the I/O permission bitmap, 0 for none, and how many ports it covers. */
    public long ioBitmap;

    public int ioBitmapPorts;

    /** The guest's own copy of DR7's I/O breakpoints and the like that the processor lacks. */
    public long shadowDr7;

    /** Frames of the guest's part of the GDT. */
    public long[] gdtMfns = {};

    /** Entries in {@link #gdtMfns}. */
    public int gdtEntries;

    private long vcpuInfo;
    private boolean vcpuInfoPlaced;

    // ---- scheduling
    /** Has been given a context once. */
    public boolean initialised;

    /** An NMI is to be delivered. */
    public boolean nmiPending;

    /** An NMI was delivered and not yet returned from: the next one waits for iret. */
    public boolean nmiMasked;

    /** MCG_STATUS, as the guest wrote it. */
    public long mcgStatus;

    /** MCi_CTL2 of the banks of machine checks, as the guest wrote them. */
    public final long[] mciCtl2 = new long[2];

    /** MSR_MISC_FEATURES_ENABLES: CPUID of guest user mode is #GP. */
    public boolean cpuidFaulting;

    /** Set when the vCPU gave up the rest of its slice. */
    public boolean yielded;

    /** Whether the call in progress is an entry of a multicall. */
    public boolean inMulticall;

    /** Work done in this exit, in the units of the hypercalls' continuations. */
    public int work;

    /** Takes the work done since this was last asked. */
    public int takeWork() {
        int done = work;
        work = 0;
        return done;
    }

    /** Arguments with which the call in progress wants to be called again, or null. */
    public long @Nullable [] continuation;

    /** Set when a call replaced the registers, so that the result must not go to RAX. */
    public boolean registersReplaced;

    // ---- runstate
    private int runstate = RunstateInfo.OFFLINE;
    private long runstateSince;
    private final long[] runstateTimes = new long[4];

    /** Linear address of the registered runstate area, 0 for none. */
    public long runstateArea;

    /** Linear address of the secondary time area, 0 for none. */
    public long timeArea;

    /** Crossings so far, by {@link History} kind. */
    public final long[] crossings = new long[8];

    Vcpu(Domain domain, int id, Cpu cpu, VcpuPaging paging) {
        this.domain = domain;
        this.id = id;
        this.cpu = cpu;
        this.paging = paging;
        this.memory = cpu.memory;
        this.activity = new Activity(this, domain.hypervisor, domain.timerOrder(id));
        this.vcpuInfo =
                domain.sharedInfo()
                        + (long) Math.min(id, SharedInfo.LEGACY_VCPUS - 1) * VcpuInfo.SIZE;
    }

    // ---- mode --------------------------------------------------------------------------------

    /** Says why a call is refused, in one sentence; returns {@code -errno}. */
    public int refuse(int errno, String sentence) {
        domain.refuse(sentence);
        return -errno;
    }

    /** Whether the guest's kernel runs. */
    public boolean kernelMode() {
        return domain.compat() ? cpu.cpl == 1 : kernelMode;
    }

    /** From user to kernel mode: the other GS base and the kernel's table. */
    public void enterKernel() {
        swapGs();
        kernelMode = true;
        paging.selectKernel();
    }

    /** From kernel to user mode; false if there is no user-mode table. */
    public boolean enterUser() {
        if (paging.userRootMfn() == 0) {
            return false;
        }
        swapGs();
        kernelMode = false;
        paging.selectUser();
        return true;
    }

    private void swapGs() {
        long active = cpu.get(Cpu.SEGMENT_BASE + Segment.GS);
        cpu.set(Cpu.SEGMENT_BASE + Segment.GS, cpu.kernelGsBase);
        cpu.kernelGsBase = active;
    }

    /** Sets the GS base of guest user mode. */
    public void setGsBaseUser(long base) {
        if (kernelMode) {
            cpu.kernelGsBase = base;
        } else {
            cpu.setSegmentBase(Segment.GS, base);
        }
    }

    /** Sets the GS base of guest kernel mode. */
    public void setGsBaseKernel(long base) {
        if (kernelMode) {
            cpu.setSegmentBase(Segment.GS, base);
        } else {
            cpu.kernelGsBase = base;
        }
    }

    /** Whether a handler for #GP is registered: before that, unknown MSRs read as 0. */
    public boolean handlesGp() {
        return trapAddress[Vector.GP] != 0;
    }

    /** Whether a handler for {@code vector} is registered. */
    public boolean handles(int vector) {
        return domain.compat() ? (trapCs[vector] & ~3) != 0 : trapAddress[vector] != 0;
    }

    /** Whether {@code callback} is registered. */
    public boolean registered(Callback callback) {
        return domain.compat() ? (callback.cs & ~3) != 0 : callback.address != 0;
    }

    // ---- vcpu_info ---------------------------------------------------------------------------

    /** Machine address of the vcpu_info. */
    public long vcpuInfo() {
        return vcpuInfo;
    }

    /** Whether {@link #placeVcpuInfo} was called. */
    public boolean vcpuInfoPlaced() {
        return vcpuInfoPlaced;
    }

    /** Moves the vcpu_info to machine address {@code maddr} with its contents. */
    public void placeVcpuInfo(long maddr) {
        byte[] contents = new byte[VcpuInfo.SIZE];
        if (id < SharedInfo.LEGACY_VCPUS) {
            memory.read(vcpuInfo, contents, 0, contents.length);
        } else {
            contents[VcpuInfo.EVTCHN_UPCALL_MASK] = 1;
        }
        memory.write(maddr, contents, 0, contents.length);
        vcpuInfo = maddr;
        vcpuInfoPlaced = true;
    }

    public long upcallMask() {
        return memory.get8(vcpuInfo + VcpuInfo.EVTCHN_UPCALL_MASK);
    }

    public void setUpcallMask(long mask) {
        memory.put8(vcpuInfo + VcpuInfo.EVTCHN_UPCALL_MASK, mask);
    }

    /** Whether an upcall is pending, masked or not. */
    public boolean upcallPending() {
        return memory.get8(vcpuInfo + VcpuInfo.EVTCHN_UPCALL_PENDING) != 0;
    }

    /** Whether an upcall is to be delivered now. */
    public boolean upcallDue() {
        long pendingAndMask = memory.get16(vcpuInfo);
        return (pendingAndMask & 0xff) != 0 && pendingAndMask >>> 8 == 0;
    }

    /** Stores the address of a page fault where the guest looks for it. */
    public void setCr2(long address) {
        cpu.cr2 = address;
        long at = vcpuInfo + VcpuInfo.ARCH_CR2.at(domain.abi());
        if (domain.compat()) {
            memory.put32(at, address);
        } else {
            memory.put64(at, address);
        }
    }

    // ---- time --------------------------------------------------------------------------------

    /** Writes the paravirtual clock for {@code now}. */
    public void updateTime(long now) {
        Pvclock.write(memory, vcpuInfo + VcpuInfo.TIME, now);
    }

    /** Enters runstate {@code state} at {@code now} and brings the guest's area up to date. */
    public void setRunstate(int state, long now) {
        if (state == runstate) {
            return;
        }
        runstateTimes[runstate] += now - runstateSince;
        runstate = state;
        runstateSince = now;
        writeRunstateArea(now);
    }

    public int runstate() {
        return runstate;
    }

    /** struct vcpu_runstate_info at {@code now}. */
    public byte[] runstateInfo(long now) {
        Abi abi = domain.abi();
        java.nio.ByteBuffer b =
                java.nio.ByteBuffer.allocate(RunstateInfo.SIZE.at(abi))
                        .order(java.nio.ByteOrder.LITTLE_ENDIAN);
        b.putInt(RunstateInfo.STATE.at(abi), runstate);
        b.putLong(RunstateInfo.STATE_ENTRY_TIME.at(abi), runstateSince);
        for (int i = 0; i < 4; i++) {
            long more = i == runstate ? now - runstateSince : 0;
            b.putLong(RunstateInfo.TIME.at(abi, i), runstateTimes[i] + more);
        }
        return b.array();
    }

    /** Time spent running, in nanoseconds. */
    public long runTime(long now) {
        long more = runstate == RunstateInfo.RUNNING ? now - runstateSince : 0;
        return runstateTimes[RunstateInfo.RUNNING] + more;
    }

    /**
     * Writes the registered area, if the address space that is loaded maps it: like Xen, without
     * complaint if it does not.
     */
    public void writeRunstateArea(long now) {
        if (runstateArea == 0) {
            return;
        }
        byte[] info = runstateInfo(now);
        if (!domain.assisted(VmAssist.RUNSTATE_UPDATE_FLAG)) {
            copyRunstate(info);
            return;
        }
        // A reader on another processor sees the flag before anything changes and while it does.
        info[updateFlagByte(domain.abi())] |= (byte) 0x80;
        copyRunstate(info);
        HostMemory.fence();
        info[updateFlagByte(domain.abi())] &= 0x7f;
        copyRunstate(info);
    }

    private void copyRunstate(byte[] info) {
        if (domain.compat() && cpu.cpl == 3) {
            // The hypervisor writes as a supervisor.
            paging.selectKernel();
            copyRunstateNow(info);
            paging.selectUser();
        } else {
            copyRunstateNow(info);
        }
    }

    private void copyRunstateNow(byte[] info) {
        long va = runstateArea;
        for (int i = 0; i < info.length; ) {
            long maddr = cpu.mmu.tryTranslate(va + i, xenolith.machine.mmu.Access.WRITE);
            int n = (int) Math.min(info.length - i, Pte.PAGE_SIZE - (va + i & 4095));
            if (maddr < 0) {
                return;
            }
            memory.write(maddr, info, i, n);
            i += n;
        }
    }

    @Override
    public String toString() {
        return "d" + domain.domid() + "v" + id;
    }
}
