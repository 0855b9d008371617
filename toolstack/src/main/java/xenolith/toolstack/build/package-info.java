/** The PV domain builder: kernel images, memory layout, first page tables, start_info. */
@NullMarked
package xenolith.toolstack.build;

import org.jspecify.annotations.NullMarked;
