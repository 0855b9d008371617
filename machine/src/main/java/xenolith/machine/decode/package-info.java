/** Bytes to Instruction: opcode tables and operand forms, no meaning. */
@NullMarked
package xenolith.machine.decode;

import org.jspecify.annotations.NullMarked;
