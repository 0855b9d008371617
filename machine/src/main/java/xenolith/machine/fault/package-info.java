/** A guest's exception on its way from an operation or a translation to the run loop. */
@NullMarked
package xenolith.machine.fault;

import org.jspecify.annotations.NullMarked;
