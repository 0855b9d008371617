/** The processor's state and the one door to the floor above: Engine in, Exit out. */
@NullMarked
package xenolith.machine.cpu;

import org.jspecify.annotations.NullMarked;
