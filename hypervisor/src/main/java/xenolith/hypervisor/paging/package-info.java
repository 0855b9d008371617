/**
 * Direct paging of PV guests: roots and descriptor tables of vCPUs, the semantics of mmu_update,
 * update_va_mapping, mmuext_op, set_gdt, update_descriptor and the reservation calls, trapped
 * stores to page tables, page-table entries of grant mappings. The rooms hypercall, grant, domain
 * and trap enter. Calls take guest numbers unchecked and answer 0 or a negative errno; they lock
 * the frame table themselves.
 */
@NullMarked
package xenolith.hypervisor.paging;

import org.jspecify.annotations.NullMarked;
