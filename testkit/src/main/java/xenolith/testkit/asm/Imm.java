package xenolith.testkit.asm;

/** An immediate operand. */
public record Imm(long value) implements Operand {
    boolean fits8() {
        return (byte) value == value;
    }

    boolean fits32() {
        return (int) value == value;
    }
}
