/**
 * Meanings of x87 instructions: arithmetic on 80-bit numbers, bit-exact but for the transcendental
 * instructions, as static methods that leave value and exceptions in an {@link Extended80}.
 */
@NullMarked
package xenolith.machine.alu.x87;

import org.jspecify.annotations.NullMarked;
