/** x87 floating point, and FXSAVE and FXRSTOR. */
@NullMarked
package xenolith.machine.lift.x87;

import org.jspecify.annotations.NullMarked;
