package xenolith.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * What xl takes in front of the command: -v (more messages), -f (force), -t and -T (how progress is
 * shown) have no effect here; -N tells what would be done, as it does behind the command.
 */
final class GlobalOptions {
    private static final String DRY = "-N";

    private GlobalOptions() {}

    /** {@code args} with the command in front. */
    static String[] behindCommand(String[] args) {
        int at = 0;
        boolean dry = false;
        while (at < args.length && args[at].matches("-[vftTN]+")) {
            dry |= args[at].indexOf('N') > 0;
            at++;
        }
        if (at == 0 || at == args.length) {
            return args;
        }
        List<String> words = new ArrayList<>(List.of(args).subList(at, args.length));
        if (dry) {
            words.add(1, DRY);
        }
        return words.toArray(String[]::new);
    }
}
