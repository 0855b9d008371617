package xenolith.hypervisor.pv;

import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.abi.xen.Errno;
import xenolith.hypervisor.domain.Vcpu;
import xenolith.hypervisor.trap.Bounce;
import xenolith.machine.cpu.Breakpoints;
import xenolith.machine.fault.GuestFault;

/** DR0 to DR7 of a PV guest: set_debugreg, get_debugreg and MOV DR. */
public final class DebugRegisters {
    private static final long CR4_DE = 1 << 3;
    private static final long DR6_ONES = 0xffff_0ff0L;
    private static final long DR6_ZEROES = 0xffff_ffff_0000_1000L;
    private static final int[] LENGTHS = {1, 2, 8, 4};
    private static final long DR7_ONE = 0x400;
    private static final long DR7_ZEROES = 0xffff_ffff_0000_d800L;
    private static final long GENERAL_DETECT = 1 << 13;

    /** L and G of all four breakpoints. */
    private static final long ENABLES = 0xff;

    private DebugRegisters() {}

    /** Sets register {@code n} (any number); 0 or a negated errno. */
    public static int set(Vcpu v, int n, long value) {
        if (n < 0 || n > 7) {
            return v.refuse(Errno.ENODEV, "there is no DR" + n);
        }
        if (n < 4) {
            if (Bounce.inXen(value) || value << 16 >> 16 != value) {
                return v.refuse(Errno.EPERM, "a breakpoint outside of the guest's addresses");
            }
            v.cpu.dr[n] = value;
            v.cpu.breakpoints.changed();
            return 0;
        }
        if (n < 6 && (v.cpu.cr4 & CR4_DE) != 0) {
            return v.refuse(Errno.ENODEV, "CR4.DE is set: there is no DR" + n);
        }
        if (value >>> 32 != 0) {
            return v.refuse(Errno.EINVAL, "bits beyond 32 in DR" + n);
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
        boolean active = (control & ENABLES) != 0;
        for (int i = 0; active && i < 4; i++) {
            // R/W 2 is a breakpoint on ports: ports are emulated, and so is this.
            if ((control >>> 16 + 4 * i & 3) == 2) {
                if ((v.cpu.cr4 & CR4_DE) == 0) {
                    return v.refuse(Errno.EPERM, "a breakpoint on ports without CR4.DE");
                }
                shadow |= control & 3L << 2 * i;
            }
        }
        v.cpu.dr[7] = control & ~shadow;
        v.shadowDr7 = shadow;
        v.cpu.breakpoints.changed();
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

    /** Breakpoints that an access to {@code size} ports from {@code port} on meets, as in DR6. */
    static int onPorts(Vcpu v, int port, int size) {
        int met = 0;
        if (v.shadowDr7 != 0 && extensions(v)) {
            for (int i = 0; i < 4; i++) {
                int width = LENGTHS[(int) (v.cpu.dr[7] >>> 18 + 4 * i & 3)];
                long first = v.cpu.dr[i] & -width;
                boolean enabled = (v.shadowDr7 >>> 2 * i & 3) != 0;
                if (enabled
                        && Long.compareUnsigned(first, port + size) < 0
                        && Long.compareUnsigned(first + width, port) > 0) {
                    met |= 1 << i;
                }
            }
        }
        return met;
    }

    /**
     * An instruction was executed for the guest: #DB if it is stepping or met breakpoints.
     *
     * @param stepped whether TF was set when the instruction began
     * @param met bits of DR6
     */
    public static void retired(Vcpu v, boolean stepped, int met) {
        v.cpu.systemFlags &= ~Rflags.RF;
        int conditions = met | (stepped ? Breakpoints.SINGLE_STEP : 0);
        if (conditions != 0) {
            v.cpu.dr[6] |= conditions | DR6_ONES;
            Bounce.exception(v, Vector.DB, GuestFault.NO_ERROR_CODE, 0);
        }
    }

    /** Whether there is a register {@code n} (any number) for MOV DR. */
    public static boolean exists(Vcpu v, int n) {
        return n >= 0 && n <= 7 && (n != 4 && n != 5 || !extensions(v));
    }

    /** Whether DR4 and DR5 are undefined rather than names of DR6 and DR7. */
    static boolean extensions(Vcpu v) {
        return (v.cpu.cr4 & CR4_DE) != 0;
    }
}
