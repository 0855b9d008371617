/** A domain's memory and registers as a file (docs/misc/dump-core-format.txt of Xen). */
@NullMarked
package xenolith.toolstack.dump;

import org.jspecify.annotations.NullMarked;
