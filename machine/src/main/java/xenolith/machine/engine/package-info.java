/** The choice of an engine: the one room that knows all engines. */
@NullMarked
package xenolith.machine.engine;

import org.jspecify.annotations.NullMarked;
