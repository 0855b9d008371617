/** General-purpose instructions: moves, arithmetic, logic, shifts, bits, branches, stack. */
@NullMarked
package xenolith.machine.lift.integer;

import org.jspecify.annotations.NullMarked;
