/** The table of hypercalls, dispatch, guest pointers, one class a call. */
@NullMarked
package xenolith.hypervisor.hypercall;

import org.jspecify.annotations.NullMarked;
