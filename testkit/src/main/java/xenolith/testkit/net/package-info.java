/**
 * Tiny guests with a network card: a xenstore client and a front end of a few instructions, guests
 * that ping their neighbours and guests that write nonsense to their rings.
 */
@NullMarked
package xenolith.testkit.net;

import org.jspecify.annotations.NullMarked;
