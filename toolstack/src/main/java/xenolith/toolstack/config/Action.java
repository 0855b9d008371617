package xenolith.toolstack.config;

import java.util.Locale;
import java.util.Optional;

/** What to do when a domain shuts down (the on_* settings of xl.cfg). */
public enum Action {
    DESTROY,
    RESTART,
    RENAME_RESTART,
    PRESERVE,
    COREDUMP_DESTROY,
    COREDUMP_RESTART,
    SOFT_RESET;

    /** The action that xl.cfg calls {@code word}, such as "rename-restart". */
    public static Optional<Action> of(String word) {
        for (Action a : values()) {
            if (a.word().equals(word)) {
                return Optional.of(a);
            }
        }
        return Optional.empty();
    }

    /** The name in xl.cfg. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether the domain is built anew. */
    public boolean restarts() {
        return this == RESTART || this == RENAME_RESTART || this == COREDUMP_RESTART;
    }
}
