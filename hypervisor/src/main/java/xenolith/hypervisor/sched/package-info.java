/** Queues of what runs and of what waits for a moment. They know nothing of domains. */
@NullMarked
package xenolith.hypervisor.sched;

import org.jspecify.annotations.NullMarked;
