package xenolith.hypervisor.pv;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import xenolith.abi.struct.Abi;
import xenolith.abi.struct.Field;
import xenolith.abi.struct.TrapInfo;
import xenolith.abi.struct.VcpuGuestContext;
import xenolith.abi.struct.VcpuGuestContext.UserRegs;
import xenolith.abi.struct.VcpuGuestContext.UserRegs32;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Segment;

/** Writes the state of a vCPU as a {@link VcpuGuestContext}, for tools that look at a guest. */
public final class SavedState {
    /** Where cpu_user_regs have the selectors, in the order of {@link Segment}'s numbers. */
    private static final int[] SELECTORS = {
        UserRegs.ES, UserRegs.CS, UserRegs.SS, UserRegs.DS, UserRegs.FS, UserRegs.GS
    };

    private static final int[] SELECTORS_32 = {
        UserRegs32.ES, UserRegs32.CS, UserRegs32.SS, UserRegs32.DS, UserRegs32.FS, UserRegs32.GS
    };

    private final Vcpu v;
    private final Abi abi;
    private final byte[] context;
    private final ByteBuffer bytes;

    private SavedState(Vcpu v) {
        this.v = v;
        this.abi = v.domain.compat() ? Abi.BITS32 : Abi.BITS64;
        this.context = new byte[VcpuGuestContext.SIZE.at(abi)];
        this.bytes = ByteBuffer.wrap(context).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** The structure in the layout of the guest, without the x87 and SSE image. */
    public static byte[] of(Vcpu v) {
        SavedState s = new SavedState(v);
        s.registers();
        s.traps();
        s.tables();
        return s.context;
    }

    private void put(Field f, int i, long value) {
        if (f.size(abi) == 8) {
            bytes.putLong(f.at(abi, i), value);
        } else {
            bytes.putInt(f.at(abi, i), (int) value);
        }
    }

    private void put(Field f, long value) {
        put(f, 0, value);
    }

    private void registers() {
        Cpu cpu = v.cpu;
        int regs = VcpuGuestContext.USER_REGS.at(abi);
        boolean wide = abi == Abi.BITS64;
        int[] places = wide ? GuestContext.REGISTERS : GuestContext.REGISTERS_32;
        for (int i = 0; i < places.length; i++) {
            register(regs + places[i], cpu.get(i));
        }
        register(regs + (wide ? UserRegs.RIP : UserRegs32.EIP), cpu.rip);
        long flags = cpu.rflags() | (long) v.iopl << 12;
        register(regs + (wide ? UserRegs.RFLAGS : UserRegs32.EFLAGS), flags);
        int[] selectors = wide ? SELECTORS : SELECTORS_32;
        for (int i = 0; i < selectors.length; i++) {
            bytes.putShort(regs + selectors[i], (short) cpu.segments[i].selector);
        }
        if (wide) {
            long active = cpu.get(Cpu.SEGMENT_BASE + Segment.GS);
            boolean kernel = v.kernelMode();
            put(VcpuGuestContext.FS_BASE, cpu.get(Cpu.SEGMENT_BASE + Segment.FS));
            put(VcpuGuestContext.GS_BASE_KERNEL, kernel ? active : cpu.kernelGsBase);
            put(VcpuGuestContext.GS_BASE_USER, kernel ? cpu.kernelGsBase : active);
        }
        long flagBits = v.kernelMode() ? VcpuGuestContext.VGCF_IN_KERNEL : 0;
        put(
                VcpuGuestContext.FLAGS,
                flagBits | (v.activity.online() ? VcpuGuestContext.VGCF_ONLINE : 0));
    }

    private void register(int at, long value) {
        if (abi == Abi.BITS64) {
            bytes.putLong(at, value);
        } else {
            bytes.putInt(at, (int) value);
        }
    }

    private void traps() {
        int size = TrapInfo.SIZE.at(abi);
        for (int i = 0; i < 256; i++) {
            int at = VcpuGuestContext.TRAP_CTXT.at(abi) + i * size;
            bytes.put(at, (byte) i);
            bytes.put(at + TrapInfo.FLAGS.at(abi), v.trapFlags[i]);
            bytes.putShort(at + TrapInfo.CS.at(abi), (short) v.trapCs[i]);
            register(at + TrapInfo.ADDRESS.at(abi), v.trapAddress[i]);
        }
        put(VcpuGuestContext.KERNEL_SS, v.kernelSs);
        put(VcpuGuestContext.KERNEL_SP, v.kernelSp);
        put(VcpuGuestContext.EVENT_CALLBACK, v.eventCallback.address);
        put(VcpuGuestContext.FAILSAFE_CALLBACK, v.failsafeCallback.address);
        if (abi == Abi.BITS64) {
            put(VcpuGuestContext.SYSCALL_CALLBACK, v.syscallCallback.address);
        } else {
            put(VcpuGuestContext.EVENT_CALLBACK_CS, v.eventCallback.cs);
            put(VcpuGuestContext.FAILSAFE_CALLBACK_CS, v.failsafeCallback.cs);
        }
    }

    private void tables() {
        for (int i = 0; i < v.gdtMfns.length; i++) {
            put(VcpuGuestContext.GDT_FRAMES, i, v.gdtMfns[i]);
        }
        put(VcpuGuestContext.GDT_ENTS, v.gdtEntries);
        put(VcpuGuestContext.CTRLREG, 0, v.cpu.cr0);
        put(VcpuGuestContext.CTRLREG, 1, root(v.paging.userRootMfn()));
        put(VcpuGuestContext.CTRLREG, 2, v.cpu.cr2);
        put(VcpuGuestContext.CTRLREG, 3, root(v.paging.kernelRootMfn()));
        put(VcpuGuestContext.CTRLREG, 4, v.cpu.cr4);
        for (int i : new int[] {0, 1, 2, 3, 6, 7}) {
            put(VcpuGuestContext.DEBUGREG, i, v.cpu.dr[i]);
        }
    }

    /** A top table's frame as CR3 names it (xen_pfn_to_cr3); 0 if there is none. */
    private long root(long mfn) {
        if (mfn <= 0) {
            return 0;
        }
        return abi == Abi.BITS64 ? mfn << 12 : (mfn << 12 | mfn >>> 20) & 0xffff_ffffL;
    }
}
