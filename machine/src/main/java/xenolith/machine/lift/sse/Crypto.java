package xenolith.machine.lift.sse;

import org.jspecify.annotations.Nullable;
import xenolith.machine.alu.simd.Aes;
import xenolith.machine.alu.simd.Carryless;
import xenolith.machine.alu.simd.Sha;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.decode.Instruction;
import xenolith.machine.ir.Op;

/** AES-NI, PCLMULQDQ and the SHA extensions. */
final class Crypto {
    private Crypto() {}

    static @Nullable Op lift(Instruction i) {
        int prefix = i.selectingPrefix();
        if (prefix == 0x66) {
            return i.map == Instruction.MAP_0F38
                    ? aes(i)
                    : i.map == Instruction.MAP_0F3A ? aes3a(i) : null;
        }
        if (prefix != 0) {
            return null;
        }
        if (i.map == Instruction.MAP_0F3A) {
            return i.opcode == 0xcc ? new Sha1Rounds(i) : null;
        }
        return i.map == Instruction.MAP_0F38 ? sha(i) : null;
    }

    private static Op mix(Instruction i, Shuffles.Mix low, Shuffles.Mix high) {
        return new Shuffles.MixOp(i, 16, low, high);
    }

    private static @Nullable Op aes(Instruction i) {
        return switch (i.opcode) {
            case 0xdb -> mix(i, (a, c, b, d) -> Aes.aesimc(b), (a, c, b, d) -> Aes.aesimc(d));
            case 0xdc ->
                    mix(
                            i,
                            (a, c, b, d) -> Aes.aesenc(a, c, b),
                            (a, c, b, d) -> Aes.aesenc(c, a, d));
            case 0xdd ->
                    mix(
                            i,
                            (a, c, b, d) -> Aes.aesenclast(a, c, b),
                            (a, c, b, d) -> Aes.aesenclast(c, a, d));
            case 0xde ->
                    mix(
                            i,
                            (a, c, b, d) -> Aes.aesdec(a, c, b),
                            (a, c, b, d) -> Aes.aesdec(c, a, d));
            case 0xdf ->
                    mix(
                            i,
                            (a, c, b, d) -> Aes.aesdeclast(a, c, b),
                            (a, c, b, d) -> Aes.aesdeclast(c, a, d));
            default -> null;
        };
    }

    private static @Nullable Op aes3a(Instruction i) {
        int imm = (int) i.immediate & 0xff;
        return switch (i.opcode) {
            case 0x44 -> carryless(i, (imm & 1) != 0, (imm & 16) != 0);
            case 0xdf ->
                    mix(
                            i,
                            (a, c, b, d) -> Aes.aeskeygenassist(b, imm),
                            (a, c, b, d) -> Aes.aeskeygenassist(d, imm));
            default -> null;
        };
    }

    private static Op carryless(Instruction i, boolean highOfA, boolean highOfB) {
        return mix(
                i,
                (a, c, b, d) -> Carryless.low(highOfA ? c : a, highOfB ? d : b),
                (a, c, b, d) -> Carryless.high(highOfA ? c : a, highOfB ? d : b));
    }

    private static @Nullable Op sha(Instruction i) {
        return switch (i.opcode) {
            case 0xc8 -> mix(i, (a, c, b, d) -> b, (a, c, b, d) -> Sha.sha1nexteHigh(c, d));
            case 0xc9 ->
                    mix(
                            i,
                            (a, c, b, d) -> Sha.sha1msg1Low(a, d),
                            (a, c, b, d) -> Sha.sha1msg1High(a, c));
            case 0xca -> mix(i, Sha::sha1msg2Low, (a, c, b, d) -> Sha.sha1msg2High(c, b, d));
            case 0xcb -> new Sha256Rounds(i);
            case 0xcc ->
                    mix(
                            i,
                            (a, c, b, d) -> Sha.sha256msg1Low(a, c),
                            (a, c, b, d) -> Sha.sha256msg1High(c, b));
            case 0xcd ->
                    mix(
                            i,
                            (a, c, b, d) -> Sha.sha256msg2Low(a, d),
                            (a, c, b, d) -> Sha.sha256msg2High(a, c, d));
            default -> null;
        };
    }

    private static final class Sha1Rounds extends XmmOp {
        private final int kind;

        Sha1Rounds(Instruction i) {
            super(i);
            this.kind = (int) i.immediate & 3;
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            Sha.sha1rnds4(cpu.xmm, reg, s, kind);
        }
    }

    private static final class Sha256Rounds extends XmmOp {
        Sha256Rounds(Instruction i) {
            super(i);
        }

        @Override
        public void execute(Cpu cpu) {
            int s = source(cpu);
            long[] x = cpu.xmm;
            long low = Sha.sha256rnds2Low(x[reg], x[reg + 1], x[s], x[s + 1], x[0]);
            x[reg + 1] = Sha.sha256rnds2High(x[reg], x[reg + 1], x[s], x[s + 1], x[0]);
            x[reg] = low;
        }
    }
}
