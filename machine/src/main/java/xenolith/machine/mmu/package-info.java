/** Page walk, software TLB, access checks, invalidation. */
@NullMarked
package xenolith.machine.mmu;

import org.jspecify.annotations.NullMarked;
