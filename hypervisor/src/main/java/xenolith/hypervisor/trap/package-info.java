/** Entering and leaving the guest: bounce frames, events, iret. */
@NullMarked
package xenolith.hypervisor.trap;

import org.jspecify.annotations.NullMarked;
