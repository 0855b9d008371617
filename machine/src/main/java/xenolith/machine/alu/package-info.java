/** Meanings: arithmetic and flags as plain static methods over longs, called by every engine. */
@NullMarked
package xenolith.machine.alu;

import org.jspecify.annotations.NullMarked;
