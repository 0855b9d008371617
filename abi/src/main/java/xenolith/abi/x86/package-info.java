/**
 * Bit layouts and numbers of the x86-64 processor: page-table entries, flags, vectors, MSRs,
 * control registers.
 */
@NullMarked
package xenolith.abi.x86;

import org.jspecify.annotations.NullMarked;
