/** Event channels: ports, virtual interrupts, their bits in the guest's pages. */
@NullMarked
package xenolith.hypervisor.event;

import org.jspecify.annotations.NullMarked;
