/** MMX and SSE to SSE4.2. */
@NullMarked
package xenolith.machine.lift.sse;

import org.jspecify.annotations.NullMarked;
