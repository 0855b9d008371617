/** A small x86-64 assembler and the ELF image that its code goes into. Knows nothing of guests. */
@NullMarked
package xenolith.testkit.asm;

import org.jspecify.annotations.NullMarked;
