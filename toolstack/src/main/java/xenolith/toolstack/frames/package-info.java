/** Pictures of machine memory for people: as text and as a page for a browser. */
@NullMarked
package xenolith.toolstack.frames;

import org.jspecify.annotations.NullMarked;
