package xenolith.machine.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import xenolith.machine.cpu.Cpu;

/**
 * What the manuals leave open and processors of different makers do differently. Ours does as
 * Intel's do, whose name it bears, so these cases are compared on Intel's only.
 */
final class VendorChoice {
    private static final int ADDRESS_SIZE = 0x67;

    private VendorChoice() {}

    /** Whether this host's processor is one of Intel's. */
    static boolean onIntel() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.anyMatch(l -> l.startsWith("vendor_id") && l.endsWith("GenuineIntel"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether the end of {@code c}, as {@code after} has it, is the maker's choice. */
    static boolean concerns(Form form, TestCase c, ProcessorState after) {
        return form.has("rep") ? repeatsNothing(c) : form.name().startsWith("dpp") && nan(c, after);
    }

    /** A repetition of no elements with 32-bit addresses: the upper halves of its registers. */
    private static boolean repeatsNothing(TestCase c) {
        boolean narrow = false;
        for (int i = 0; i < 3; i++) {
            narrow |= c.code()[i] == ADDRESS_SIZE;
        }
        return narrow && (int) c.before().gpr[Cpu.RCX] == 0;
    }

    /** A dot product that is not a number: which of several is left. */
    private static boolean nan(TestCase c, ProcessorState after) {
        for (int i = 0; i < 32; i++) {
            long v = after.xmm[i];
            boolean is =
                    Double.isNaN(Double.longBitsToDouble(v))
                            || Float.isNaN(Float.intBitsToFloat((int) v))
                            || Float.isNaN(Float.intBitsToFloat((int) (v >>> 32)));
            if (is && v != c.before().xmm[i]) {
                return true;
            }
        }
        return false;
    }
}
