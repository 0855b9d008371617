/**
 * A host of many domains: creates, watches and ends them as xl and libxl do. Whoever has a {@code
 * Host} may call it from any thread; it does its work on the host's own.
 */
@NullMarked
package xenolith.toolstack.xl;

import org.jspecify.annotations.NullMarked;
