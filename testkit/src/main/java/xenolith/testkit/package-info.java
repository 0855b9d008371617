/** Guests of our own: the demo that comes with the command. */
@NullMarked
package xenolith.testkit;

import org.jspecify.annotations.NullMarked;
