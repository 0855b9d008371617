/**
 * Tiny PV guests, one for each corner of the interface between guest and hypervisor. Each class
 * opens with what the architecture does and how the guest can tell.
 */
@NullMarked
package xenolith.testkit.guests;

import org.jspecify.annotations.NullMarked;
