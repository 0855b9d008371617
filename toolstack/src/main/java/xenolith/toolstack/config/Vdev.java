package xenolith.toolstack.config;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A virtual block device, as docs/man/xen-vbd-interface(7) numbers them.
 *
 * @param name as it was written, such as {@code xvda1}
 * @param number the device number in the store
 */
public record Vdev(String name, int number) {
    private static final Pattern LETTERS = Pattern.compile("(xvd|sd|hd)([a-z]+)([0-9]*)");
    private static final Pattern NUMBERS = Pattern.compile("d([0-9]+)(?:p([0-9]+))?");
    private static final Pattern RAW = Pattern.compile("0x[0-9a-fA-F]{1,7}|[0-9]{1,9}");

    private static final int XVD_MAJOR = 202;
    private static final int EXTENDED = 1 << 28;

    /** The device that {@code name} names, if it is one. */
    public static Optional<Vdev> of(String name) {
        Matcher letters = LETTERS.matcher(name);
        if (letters.matches() && letters.group(2).length() <= 4) {
            return partition(letters.group(3))
                    .flatMap(part ->
                            numbered(name, letters.group(1), diskOf(letters.group(2)), part));
        }
        Matcher numbers = NUMBERS.matcher(name);
        if (numbers.matches() && numbers.group(1).length() <= 7) {
            String part = numbers.group(2) == null ? "" : numbers.group(2);
            int disk = Integer.parseInt(numbers.group(1));
            return partition(part).flatMap(p -> numbered(name, "xvd", disk, p));
        }
        return RAW.matcher(name).matches()
                ? Optional.of(new Vdev(name, Integer.decode(name.replaceFirst("^0+(?=[0-9])", ""))))
                : Optional.empty();
    }

    private static int diskOf(String letters) {
        int disk = -1;
        for (int i = 0; i < letters.length(); i++) {
            disk = (disk + 1) * 26 + letters.charAt(i) - 'a';
        }
        return disk;
    }

    private static Optional<Integer> partition(String digits) {
        if (digits.isEmpty()) {
            return Optional.of(0);
        }
        boolean sound = digits.length() <= 3 && digits.charAt(0) != '0';
        return sound ? Optional.of(Integer.parseInt(digits)) : Optional.empty();
    }

    private static Optional<Vdev> numbered(String name, String kind, int disk, int part) {
        int number =
                switch (kind) {
                    case "xvd" ->
                            disk < 16 && part < 16
                                    ? XVD_MAJOR << 8 | disk << 4 | part
                                    : disk < 1 << 20 && part < 256
                                            ? EXTENDED | disk << 8 | part
                                            : -1;
                    case "sd" -> disk < 16 && part < 16 ? 8 << 8 | disk << 4 | part : -1;
                    default ->
                            disk < 4 && part < 64
                                    ? (disk < 2 ? 3 : 22) << 8 | (disk & 1) << 6 | part
                                    : -1;
                };
        return number < 0 ? Optional.empty() : Optional.of(new Vdev(name, number));
    }
}
