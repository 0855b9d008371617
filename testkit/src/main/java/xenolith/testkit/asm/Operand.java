package xenolith.testkit.asm;

/** What an instruction works on. */
public sealed interface Operand permits Reg, Mem, Imm {}
