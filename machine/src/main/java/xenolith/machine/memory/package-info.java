/** Machine memory in 4 KiB frames, off heap. The only room that touches raw host memory. */
@NullMarked
package xenolith.machine.memory;

import org.jspecify.annotations.NullMarked;
