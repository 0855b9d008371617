package xenolith.toolstack.netback;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rates as xl-network-configuration(5) writes them: 10Mb/s, 250KB/s, 1MB/s@20ms. */
final class RateSyntax {
    private static final Pattern TEXT =
            Pattern.compile("([0-9]{1,9})([GMK]?)([Bb])/s(?:@([0-9]{1,9})([mu]?)s)?");

    private static final long DEFAULT_MICROS = 50_000;
    private static final long MICROS_A_SECOND = 1_000_000;

    /** An hour: longer than anybody waits for credit. */
    private static final long MOST_MICROS = 3600 * MICROS_A_SECOND;

    private RateSyntax() {}

    /** The rate in {@code text}; empty if it is none, or one of no bytes in an interval. */
    static Optional<Rate> parse(String text) {
        Matcher m = TEXT.matcher(text);
        if (!m.matches()) {
            return Optional.empty();
        }
        long unit =
                switch (m.group(2)) {
                    case "G" -> 1_000_000_000L;
                    case "M" -> 1_000_000L;
                    case "K" -> 1000L;
                    default -> 1L;
                };
        long bytesASecond = Long.parseLong(m.group(1)) * unit / (m.group(3).equals("b") ? 8 : 1);
        long micros = DEFAULT_MICROS;
        if (m.group(4) != null) {
            long scale =
                    switch (m.group(5)) {
                        case "m" -> 1000L;
                        case "u" -> 1L;
                        default -> MICROS_A_SECOND;
                    };
            micros = Long.parseLong(m.group(4)) * scale;
        }
        long bytes = (long) (bytesASecond * (micros / (double) MICROS_A_SECOND));
        return bytes > 0 && micros > 0 && micros <= MOST_MICROS
                ? Optional.of(new Rate(bytes, micros))
                : Optional.empty();
    }
}
