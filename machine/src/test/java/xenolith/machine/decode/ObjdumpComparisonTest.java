package xenolith.machine.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import xenolith.machine.cpu.Cpu;

/**
 * Compares the decoder with objdump over whole executables: the length of each instruction and its
 * memory operand. The system property {@code xenolith.decode.elf} names others, separated by
 * commas.
 */
class ObjdumpComparisonTest {
    private static final Pattern LINE =
            Pattern.compile("\\s*[0-9a-f]+:\\t((?:[0-9a-f]{2} )+)\\s*\\t(.*)");
    private static final Pattern OPERAND =
            Pattern.compile(
                    "(?:^|[ ,*:])(-?0x[0-9a-f]+)?\\((%[a-z0-9]+)?(?:,(%[a-z0-9]+),([1248]))?\\)");

    /** What objdump itself does not know, and prefixes that it shows alone. */
    private static final Pattern OTHERS =
            Pattern.compile("\\(bad\\)|^(\\.byte|rex|data16$|femms)|rex(\\.\\w+)?\\s*$");

    /** EVEX, XOP and 3DNow!, which this processor does not have, behind any prefixes. */
    private static final Pattern FOREIGN =
            Pattern.compile("^(26|2e|36|3e|6[4-7]|f[023])*(62|0f0f|8f[0-9a-f][8-9a-f])");

    private static final List<String> NAMES =
            List.of("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi");

    static List<String> executables() throws IOException {
        String named = System.getProperty("xenolith.decode.elf", "");
        if (!named.isEmpty()) {
            return List.of(named.split(","));
        }
        List<String> all = new ArrayList<>(List.of("/bin/bash", "/lib/x86_64-linux-gnu/libc.so.6"));
        all.addAll(cachedKernels());
        return all;
    }

    /** Kernels that runs of guests have unpacked; in continuous integration there is one. */
    private static List<String> cachedKernels() throws IOException {
        String home = Path.of(System.getProperty("user.home"), ".cache").toString();
        String cache = System.getenv().getOrDefault("XDG_CACHE_HOME", home);
        Path folder = Path.of(cache, "xenolith", "kernels");
        List<String> kernels = List.of();
        if (Files.isDirectory(folder)) {
            try (var files = Files.list(folder)) {
                kernels =
                        files.filter(f -> f.toString().endsWith(".elf") && hasSections(f))
                                .map(Path::toString)
                                .sorted()
                                .toList();
            }
        }
        if (kernels.isEmpty() && System.getenv("XENOLITH_REQUIRE_GUESTS") != null) {
            throw new IllegalStateException("There is no kernel in " + folder + ".");
        }
        return kernels;
    }

    /** Objdump finds code by sections only: e_shnum of the header. */
    private static boolean hasSections(Path elf) {
        try (var in = Files.newInputStream(elf)) {
            byte[] header = in.readNBytes(64);
            return header.length == 64 && (header[60] | header[61]) != 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("executables")
    void agreesWithObjdump(String executable) throws IOException {
        Assumptions.assumeTrue(
                Files.isReadable(Path.of(executable)), "There is no file " + executable + ".");
        Process objdump = start(executable);
        Comparison comparison = new Comparison();
        try (BufferedReader lines = objdump.inputReader(StandardCharsets.ISO_8859_1)) {
            lines.lines().forEach(comparison::line);
        }
        assertThat(comparison.differences).as("of %d instructions", comparison.compared).isEmpty();
        assertThat(comparison.compared).isGreaterThan(10_000);
    }

    private static Process start(String executable) {
        try {
            return new ProcessBuilder("objdump", "-d", "-w", "--insn-width=15", executable)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return Assumptions.abort("There is no objdump on the PATH.");
        }
    }

    private static final class Comparison {
        final List<String> differences = new ArrayList<>();
        int compared;

        void line(String line) {
            Matcher m = LINE.matcher(line);
            if (!m.matches() || OTHERS.matcher(m.group(2)).find() || differences.size() > 50) {
                return;
            }
            String hex = m.group(1).replace(" ", "");
            if (FOREIGN.matcher(hex).find()) {
                return;
            }
            if (hex.startsWith("9b") && hex.length() > 2) {
                // objdump joins FWAIT with the x87 instruction behind it.
                hex = hex.substring(2);
            }
            byte[] bytes = HexFormat.of().parseHex(hex);
            compared++;
            try {
                Instruction i =
                        Decoder.decode(n -> n < bytes.length ? bytes[n] : 0xcc, Cpu.MODE_64, 0);
                if (i.length != bytes.length) {
                    differences.add(line + " : length " + i.length);
                } else {
                    operand(line, m.group(2), i);
                }
            } catch (DecodeException e) {
                // objdump shows a LOCK prefix also where it is not allowed.
                if (!m.group(2).startsWith("lock") && !m.group(2).contains(" lock ")) {
                    differences.add(line + " : " + e);
                }
            }
        }

        private void operand(String line, String text, Instruction i) {
            Matcher m = OPERAND.matcher(text);
            if (!i.memory() || !m.find()) {
                return;
            }
            long displacement = m.group(1) == null ? 0 : displacement(m.group(1));
            long own = i.displacement - (i.base == Instruction.RIP ? i.length : 0);
            int scale = m.group(4) == null || m.group(3).endsWith("iz") ? 0 : scale(m.group(4));
            if (own != displacement
                    || i.base != register(m.group(2))
                    || i.index != register(m.group(3))
                    || i.index != Instruction.NONE && i.scale != scale) {
                differences.add(
                        "%s : base %d index %d scale %d displacement %x"
                                .formatted(line, i.base, i.index, i.scale, own));
            }
        }

        private static int scale(String factor) {
            return Integer.numberOfTrailingZeros(Integer.parseInt(factor));
        }

        private static long displacement(String text) {
            return text.startsWith("-")
                    ? -Long.parseUnsignedLong(text.substring(3), 16)
                    : Long.parseUnsignedLong(text.substring(2), 16);
        }

        private static int register(String name) {
            if (name == null || name.endsWith("iz")) {
                return Instruction.NONE;
            }
            if (name.endsWith("ip")) {
                return Instruction.RIP;
            }
            if (Character.isDigit(name.charAt(2))) {
                return Integer.parseInt(name.substring(2).replace("d", ""));
            }
            return NAMES.indexOf("r" + name.substring(2));
        }
    }
}
