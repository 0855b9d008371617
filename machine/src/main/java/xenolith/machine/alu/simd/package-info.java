/**
 * Meanings of MMX and SSE: packed integers in 64-bit halves, and IEEE arithmetic with MXCSR, as
 * plain static methods.
 */
@NullMarked
package xenolith.machine.alu.simd;

import org.jspecify.annotations.NullMarked;
