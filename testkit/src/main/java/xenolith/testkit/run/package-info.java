/** Runs an image in a host of its own and gives back what it printed. */
@NullMarked
package xenolith.testkit.run;

import org.jspecify.annotations.NullMarked;
