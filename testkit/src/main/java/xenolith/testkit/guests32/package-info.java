/**
 * Tiny 32-bit PAE guests, each of which finds out one thing about the PV interface and says so on
 * its console.
 */
@NullMarked
package xenolith.testkit.guests32;

import org.jspecify.annotations.NullMarked;
