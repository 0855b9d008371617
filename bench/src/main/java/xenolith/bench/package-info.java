/** Programs that measure; each says at its head what it asks. */
@NullMarked
package xenolith.bench;

import org.jspecify.annotations.NullMarked;
