/** Guests to run: Debian's packages by the machine's own apt, and the ramdisk made of them. */
@NullMarked
package xenolith.toolstack.guest;

import org.jspecify.annotations.NullMarked;
