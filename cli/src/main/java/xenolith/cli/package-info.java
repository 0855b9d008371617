/** The command xenolith: what a user types and sees. */
@NullMarked
package xenolith.cli;

import org.jspecify.annotations.NullMarked;
