package xenolith.hypervisor.hypercall;

import xenolith.hypervisor.domain.Activity;
import xenolith.hypervisor.domain.Vcpu;

/** set_timer_op(deadline): VIRQ_TIMER at a system time, 0 for never. */
final class SetTimerOp implements Handler {
    /** Deadlines that far off are taken for mistakes, and come after a tenth of a second. */
    private static final long FAR = 1L << 50;

    private static final long FAR_DELAY = 100_000_000;

    @Override
    public long call(Vcpu v, long deadline, long a2, long a3, long a4, long a5) {
        long now = v.domain.hypervisor.clock.now();
        if (deadline == 0) {
            v.activity.setTimer(Activity.NEVER);
        } else if (deadline < 0 || deadline - now >= FAR) {
            v.activity.setTimer(now + FAR_DELAY);
        } else {
            v.activity.setTimer(deadline);
        }
        return 0;
    }
}
