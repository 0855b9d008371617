/** Runs guest code one object an instruction; the oracle of the translator. */
@NullMarked
package xenolith.machine.interpret;

import org.jspecify.annotations.NullMarked;
