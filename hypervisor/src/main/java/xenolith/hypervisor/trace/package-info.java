/** What happened, one line an event, in categories that cost nothing when off. */
@NullMarked
package xenolith.hypervisor.trace;

import org.jspecify.annotations.NullMarked;
