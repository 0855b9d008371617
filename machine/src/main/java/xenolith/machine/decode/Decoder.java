package xenolith.machine.decode;

/** Decodes one instruction at a time (SDM volume 2, chapter 2 and appendix A). */
public final class Decoder {
    private Decoder() {}

    /**
     * Decodes the instruction at {@code code} for {@code mode} ({@code Cpu.MODE_*}).
     *
     * @param blockOffset offset of its first byte from the start of the block
     */
    public static Instruction decode(CodeBytes code, int mode, int blockOffset)
            throws DecodeException {
        throw DecodeException.UNDEFINED;
    }
}
