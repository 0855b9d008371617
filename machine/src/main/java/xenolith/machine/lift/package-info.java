/** Instructions to operations: the door to the instruction families below. */
@NullMarked
package xenolith.machine.lift;

import org.jspecify.annotations.NullMarked;
