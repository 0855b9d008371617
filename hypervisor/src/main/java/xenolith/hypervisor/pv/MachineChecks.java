package xenolith.hypervisor.pv;

import xenolith.abi.x86.Msr;
import xenolith.hypervisor.domain.Vcpu;

/**
 * The machine-check registers that a guest sees: two banks, in which nothing is ever reported
 * (Xen's arch/x86/cpu/mcheck/vmce.c on an Intel processor).
 */
final class MachineChecks {
    /** Banks that a guest has, as MCG_CAP says. */
    static final int BANKS = 2;

    /** Banks for which there are register numbers. */
    private static final int NUMBERED = 32;

    /** MCG_CAP: software error recovery, threshold-based status, and the number of banks. */
    private static final long CAPABILITIES = 1 << 24 | 1 << 11 | BANKS;

    private static final int REGISTERS_A_BANK = 4;

    /** Whether {@code msr} is one of these. */
    static boolean has(int msr) {
        return msr == Msr.P5_MC_ADDR
                || msr == Msr.P5_MC_TYPE
                || msr >= Msr.MCG_CAP && msr <= Msr.MCG_CTL
                || msr >= Msr.MC0_CTL2 && msr < Msr.MC0_CTL2 + NUMBERED
                || msr >= Msr.MC0_CTL && msr < Msr.MC0_CTL + REGISTERS_A_BANK * NUMBERED;
    }

    /** The value of {@code msr}. */
    long read(Vcpu v, int msr) {
        if (msr == Msr.MCG_CAP) {
            return CAPABILITIES;
        }
        if (msr == Msr.MCG_STATUS) {
            return v.mcgStatus;
        }
        int bank = msr - Msr.MC0_CTL2;
        if (bank >= 0 && bank < BANKS) {
            return v.mciCtl2[bank];
        }
        return bankRegister(msr) == 0 ? -1 : 0;
    }

    /** Which of its bank's registers {@code msr} is: 0 CTL, STATUS, ADDR, 3 MISC; -1 for none. */
    private static int bankRegister(int msr) {
        int number = msr - Msr.MC0_CTL;
        return number >= 0 && number < REGISTERS_A_BANK * BANKS ? number % REGISTERS_A_BANK : -1;
    }

    /** Sets {@code msr}; false for #GP(0): there is nothing but 0 to write to reports. */
    boolean write(Vcpu v, int msr, long value) {
        if (msr == Msr.P5_MC_ADDR || msr == Msr.P5_MC_TYPE) {
            return false;
        }
        if (msr == Msr.MCG_STATUS) {
            v.mcgStatus = value;
            return true;
        }
        int bank = msr - Msr.MC0_CTL2;
        if (bank >= 0 && bank < BANKS) {
            v.mciCtl2[bank] = value;
            return true;
        }
        return bankRegister(msr) <= 0 || value == 0;
    }
}
