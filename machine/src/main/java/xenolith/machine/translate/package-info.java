/**
 * The translator: hot guest code to classes of the JVM, which HotSpot compiles. Cold code is left
 * to the interpreter, whose results it must equal in every bit.
 */
@NullMarked
package xenolith.machine.translate;

import org.jspecify.annotations.NullMarked;
