/** The back end of the PV console ring (public/io/console.h). */
@NullMarked
package xenolith.toolstack.console;

import org.jspecify.annotations.NullMarked;
