/** String, I/O, segment, system-call and privileged instructions. */
@NullMarked
package xenolith.machine.lift.system;

import org.jspecify.annotations.NullMarked;
