/** Pages shared with a guest, as domain 0 sees them. */
@NullMarked
package xenolith.toolstack.ring;

import org.jspecify.annotations.NullMarked;
