/** The host: owner of memory, domains and the physical CPU's loop. */
@NullMarked
package xenolith.hypervisor.host;

import org.jspecify.annotations.NullMarked;
