/**
 * Operations: one executable object for each guest instruction, and the memory operand they share.
 */
@NullMarked
package xenolith.machine.ir;

import org.jspecify.annotations.NullMarked;
