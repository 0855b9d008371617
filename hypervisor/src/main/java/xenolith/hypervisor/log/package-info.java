/** What the hypervisor says about refused requests. Every room may enter. */
@NullMarked
package xenolith.hypervisor.log;

import org.jspecify.annotations.NullMarked;
