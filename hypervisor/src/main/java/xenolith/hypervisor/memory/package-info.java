/**
 * The safety core: owner, type and reference counts of every frame, the machine-to-physical table,
 * and the validation of page tables (Xen's mm.c). The rooms paging, grant and domain enter.
 *
 * <p>Everything here is called with {@link xenolith.hypervisor.memory.FrameTable#lock} held, the
 * innermost lock of the hypervisor: nothing else is locked while it is held.
 */
@NullMarked
package xenolith.hypervisor.memory;

import org.jspecify.annotations.NullMarked;
