package xenolith.hypervisor.log;

import java.util.List;
import java.util.Locale;
import xenolith.abi.xen.Errno;
import xenolith.abi.xen.OperationName;

/**
 * One negative answer to a guest.
 *
 * @param sequence place among all lines of the host's log
 * @param domid who asked
 * @param vcpu its vCPU, or -1 if no hypercall was in progress
 * @param number of the hypercall, or -1 as before
 * @param result what the call answered; 0 or more where parts of it were refused
 * @param reasons sentences: the innermost first; none if nobody said why
 */
public record Refusal(
        long sequence,
        int domid,
        int vcpu,
        long number,
        long a1,
        long a2,
        long a3,
        long result,
        List<String> reasons) {
    /** Whether somebody said why. */
    public boolean explained() {
        return !reasons.isEmpty();
    }

    /** The whole of it in one line. */
    public String line() {
        String why = explained() ? String.join("; ", reasons) : "no reason was given";
        if (number < 0) {
            return "d" + domid + ": " + why;
        }
        return String.format(
                Locale.ROOT,
                "d%dv%d %s(0x%x, 0x%x, 0x%x) = %s: %s",
                domid,
                vcpu,
                OperationName.of(number, a1),
                a1,
                a2,
                a3,
                result < 0 ? "-" + Errno.name((int) -result) : Long.toString(result),
                why);
    }
}
