/**
 * Disk images with a Debian system on them, made as an ordinary user by the machine's own tools.
 */
@NullMarked
package xenolith.toolstack.image;

import org.jspecify.annotations.NullMarked;
