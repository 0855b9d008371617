package xenolith.machine.interpret;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.SplittableRandom;
import xenolith.machine.cpu.Cpu;

/**
 * Measures the interpreter on a program of many functions that do not fit into the processor's
 * branch predictors: what a kernel's code looks like.
 */
public final class WideLoad {
    private static final int FUNCTIONS = 400;

    /** About the mix of a compiled program; RDI and RSI point to data. */
    private static final String[] INSTRUCTIONS = {
        "488b4708", "488b4f10", "8b5720", "488b06", "448b4618", "4c8b4f28", "0fb64730",
                "480fbe5638",
        "48894748", "895750", "48895658", "c7476001000000", "884768", "4889c2", "4989c8", "89c8",
        "4889d1", "488d4208", "4a8d0c08", "b805000000", "31c0", "4801c8", "4829d1", "83c001",
        "4883e90f", "4821c2", "25ff000000", "4809d0", "4831c1", "48c1e003", "c1e902", "48d1f8",
        "0fafc1", "4863c8", "4839c8", "85c0", "4885d2", "803f00", "48837f7805", "f6470801",
        "0f44c1", "0f95c0", "48ffc0", "ffc9", "f7d8", "480fa3c8", "55488b6f405d"
    };

    /** Conditional branches over the next instruction of 2 bytes. */
    private static final String[] BRANCHES = {
        "740289c8", "750289c8", "720289c8", "730289c8", "7c0289c8", "7f0289c8", "780289c8"
    };

    private WideLoad() {}

    static long prepare(TinyGuest guest, long rounds) {
        guest.reset();
        SplittableRandom random = new SplittableRandom(1);
        ByteArrayOutputStream code = new ByteArrayOutputStream();
        int[] entries = new int[FUNCTIONS];
        for (int f = 0; f < FUNCTIONS; f++) {
            entries[f] = code.size();
            int runs = 1 + random.nextInt(5);
            for (int n = 0; n < runs; n++) {
                int length = 1 + random.nextInt(8);
                for (int k = 0; k < length; k++) {
                    emit(code, INSTRUCTIONS[random.nextInt(INSTRUCTIONS.length)]);
                }
                emit(code, BRANCHES[random.nextInt(BRANCHES.length)]);
            }
            emit(code, "c3");
        }
        long main = code.size();
        for (int n = 0; n < 2 * FUNCTIONS; n++) {
            int to = entries[random.nextInt(FUNCTIONS)] - code.size() - 5;
            emit(code, "e8" + little(to));
        }
        emit(code, "49ffcf0f85" + little((int) main - code.size() - 9) + "0f0b");
        byte[] bytes = code.toByteArray();
        long at = 0x1_0000;
        guest.memory.write(TinyGuest.maddr(TinyGuest.STACK) + at, bytes, 0, bytes.length);
        guest.cpu.rip = TinyGuest.STACK + at + main;
        guest.cpu.rdi = TinyGuest.DATA;
        guest.cpu.rsi = TinyGuest.DATA + 0x1800;
        guest.cpu.r15 = rounds;
        return bytes.length;
    }

    private static String little(int value) {
        return HexFormat.of().toHexDigits(Integer.reverseBytes(value));
    }

    private static void emit(ByteArrayOutputStream code, String hex) {
        code.writeBytes(HexFormat.of().parseHex(hex));
    }

    /** Prints millions of instructions a second for each of several runs. */
    public static void main(String[] args) {
        int runs = args.length > 0 ? Integer.parseInt(args[0]) : 8;
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            for (int n = 0; n < runs; n++) {
                long bytes = prepare(guest, 5_000);
                long retired = guest.cpu.retired;
                long start = MixedLoad.cpuTime();
                var exit = guest.interpreter.run(guest.cpu);
                long time = MixedLoad.cpuTime() - start;
                double mips = (guest.cpu.retired - retired) * 1e3 / time;
                System.out.printf(
                        "%.1f million instructions a second (%d bytes of code, %s)%n",
                        mips, bytes, exit);
            }
        }
    }
}
