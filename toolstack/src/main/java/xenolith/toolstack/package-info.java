/** What all tools share: how a user's mistake is told. */
@NullMarked
package xenolith.toolstack;

import org.jspecify.annotations.NullMarked;
