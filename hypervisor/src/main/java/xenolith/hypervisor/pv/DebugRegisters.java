package xenolith.hypervisor.pv;

import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Bounce;

/** DR0 to DR7 of a PV guest: set_debugreg, get_debugreg and MOV DR. */
public final class DebugRegisters {
    private static final long CR4_DE = 1 << 3;
    private static final long DR6_ONES = 0xffff_0ff0L;
    private static final long DR6_ZEROES = 0xffff_ffff_0000_1000L;
    private static final long DR7_ONE = 0x400;
    private static final long DR7_ZEROES = 0xffff_ffff_0000_d800L;
    private static final long GENERAL_DETECT = 1 << 13;

    private DebugRegisters() {}

    /** Sets register {@code reg} (any number); 0 or a negated errno. */
    public static int set(Vcpu v, long reg, long value) {
        int n = (int) reg;
        if (reg < 0 || reg > 7) {
            return v.refuse(Errno.ENODEV, "there is no DR" + reg);
        }
        if (n < 4) {
            if (Bounce.inXen(value) || value << 16 >> 16 != value) {
                return v.refuse(Errno.EPERM, "a breakpoint outside of the guest's addresses");
            }
            v.cpu.dr[n] = value;
            return 0;
        }
        if (n < 6 && (v.cpu.cr4 & CR4_DE) != 0) {
            return v.refuse(Errno.ENODEV, "CR4.DE is set: there is no DR" + n);
        }
        if (n == 4 || n == 6) {
            v.cpu.dr[6] = value & ~DR6_ZEROES | DR6_ONES;
            return 0;
        }
        return setControl(v, value);
    }

    private static int setControl(Vcpu v, long value) {
        if ((value & GENERAL_DETECT) != 0) {
            return v.refuse(Errno.EPERM, "general detect in DR7");
        }
        long control = value & ~DR7_ZEROES | DR7_ONE;
        long shadow = 0;
        for (int i = 0; i < 4; i++) {
            // R/W 2 is a breakpoint on ports, which the guest may have only as a memory of it.
            boolean port = (control >>> 16 + 4 * i & 3) == 2;
            long enable = control & 3L << 2 * i;
            if (port && enable != 0) {
                if ((v.cpu.cr4 & CR4_DE) == 0) {
                    return v.refuse(Errno.EPERM, "a breakpoint on ports without CR4.DE");
                }
                shadow |= enable;
            }
        }
        v.cpu.dr[7] = control & ~shadow;
        v.shadowDr7 = shadow;
        return 0;
    }

    /** Value of register {@code reg} (0 to 7). */
    public static long get(Vcpu v, int reg) {
        return switch (reg) {
            case 4, 6 -> v.cpu.dr[6];
            case 5, 7 -> v.cpu.dr[7] | v.shadowDr7;
            default -> v.cpu.dr[reg];
        };
    }

    /** Whether DR4 and DR5 are undefined rather than names of DR6 and DR7. */
    static boolean extensions(Vcpu v) {
        return (v.cpu.cr4 & CR4_DE) != 0;
    }
}
