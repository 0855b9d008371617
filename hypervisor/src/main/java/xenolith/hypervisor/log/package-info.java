/** What the hypervisor says: refused requests and messages. Every room may enter. */
@NullMarked
package xenolith.hypervisor.log;

import org.jspecify.annotations.NullMarked;
