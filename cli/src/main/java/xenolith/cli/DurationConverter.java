package xenolith.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Durations such as 90, 90s, 500ms, 5m, 1h30m. */
final class DurationConverter implements ITypeConverter<Duration> {
    private static final Pattern PART =
            Pattern.compile("([0-9]{1,9}(?:\\.[0-9]{1,9})?)(ms|s|m|h|)");

    @Override
    public Duration convert(String text) {
        Matcher m = PART.matcher(text);
        Duration sum = Duration.ZERO;
        int at = 0;
        while (at < text.length() && m.find(at) && m.start() == at) {
            double seconds =
                    Double.parseDouble(m.group(1))
                            * switch (m.group(2)) {
                                case "ms" -> 0.001;
                                case "m" -> 60;
                                case "h" -> 3600;
                                default -> 1;
                            };
            sum = sum.plusNanos(Math.round(seconds * 1e9));
            at = m.end();
        }
        if (at != text.length() || !sum.isPositive()) {
            throw new TypeConversionException(
                    "'" + text + "' is not a duration, such as 90s, 5m or 1h30m");
        }
        return sum;
    }
}
