package xenolith.machine.translate;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import xenolith.machine.oracle.RandomInstruction;

/**
 * Runs programs of the fuzzer by hand: {@code KIND true|false FIRST_SEED COUNT [FILE]}; tells of
 * the first that differs, and writes its code to a file for a disassembler.
 */
public final class FuzzRun {
    private FuzzRun() {}

    public static void main(String[] args) throws IOException {
        Duel.Setting setting =
                new Duel.Setting(
                        Program.Kind.valueOf(args[0].toUpperCase(Locale.ROOT)),
                        Boolean.parseBoolean(args[1]),
                        30);
        RandomInstruction.Forms forms = Fuzz.forms();
        Fuzz fuzz = new Fuzz(memory -> new Translator(memory, Fuzz.HOT), forms);
        long first = Long.parseLong(args[2]);
        Fuzz.Outcome outcome = fuzz.run(setting, first, Integer.MAX_VALUE, Long.parseLong(args[3]));
        System.out.println(outcome.blocks() + " blocks, " + outcome.programs() + " programs");
        if (outcome.failed() != null) {
            System.out.println(outcome.failed());
            if (args.length > 4) {
                Program program = Program.make(setting, first + outcome.programs() - 1, forms);
                Files.write(Path.of(args[4]), program.code());
            }
        }
    }
}
