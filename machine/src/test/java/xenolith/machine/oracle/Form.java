package xenolith.machine.oracle;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One row of a table of opcodes: how to make random instructions of one form. A row is {@code name
 * | tokens}; the tokens:
 *
 * <ul>
 *   <li>{@code 0f af}: opcode bytes; {@code +r}, {@code +c}: a random register or condition in the
 *       last one; {@code p66 pf2 pf3}: mandatory prefix
 *   <li>{@code /r}, {@code /0} to {@code /7}: ModRM, with {@code :m} memory only, {@code :x}
 *       registers only
 *   <li>{@code b}: bytes; {@code v}: 16, 32 or 64 bits; {@code w}: REX.W or not; {@code w1}:
 *       always; {@code q}: 64 bits by default, 16 with prefix 66
 *   <li>{@code ib iw iz iv rel8 rel32}: immediate
 *   <li>{@code vex}: a VEX prefix with a random second register; {@code vex2}: without one
 *   <li>{@code lock}: may be locked; {@code a16}: memory aligned to 16 bytes; {@code m512}
 *   <li>{@code u:OSZAPC}: flags that are undefined after it; {@code shift sar rot shld}: undefined
 *       as the count says; {@code ign:12-28}: undefined bytes of the memory operand
 *   <li>{@code f32 f64 f80 i16 i32 i64 bcd}: contents of the memory operand
 *   <li>{@code fcc}: C0, C2, C3 undefined; {@code c1undef}: C1; {@code approx}: the last bits of ST
 *       may differ; {@code opt}: need not exist; {@code need:flag}: only where {@code
 *       /proc/cpuinfo} has that flag
 *   <li>others: what {@link CaseGenerator} must prepare ({@code stack string rep div idiv bt cl
 *       target cx ret popf xlat enter leave cx8 cmp edi})
 * </ul>
 */
record Form(String family, String name, int[] opcode, int prefix, int modrm, Set<String> tokens) {
    static final int NO_MODRM = -2;
    static final int ANY_REG = -1;

    boolean has(String token) {
        return tokens.contains(token);
    }

    /** The argument of {@code token:argument}, or an empty string. */
    String argument(String token) {
        for (String t : tokens) {
            if (t.startsWith(token + ":")) {
                return t.substring(token.length() + 1);
            }
        }
        return "";
    }

    /** The rows of the table {@code oracle/family.txt}. */
    static List<Form> table(String family) {
        List<Form> forms = new ArrayList<>();
        String path = "/oracle/" + family + ".txt";
        try (InputStream in = Form.class.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("no table " + path);
            }
            BufferedReader r =
                    new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            for (String line = r.readLine(); line != null; line = r.readLine()) {
                if (!line.isBlank() && !line.startsWith("#")) {
                    forms.add(parse(family, line));
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return forms;
    }

    static Form parse(String family, String line) {
        int bar = line.indexOf('|');
        List<Integer> opcode = new ArrayList<>();
        Set<String> tokens = new HashSet<>();
        int prefix = 0;
        int modrm = NO_MODRM;
        for (String t : line.substring(bar + 1).trim().split("\\s+", -1)) {
            if (t.matches("[0-9a-f]{2}")) {
                opcode.add(Integer.parseInt(t, 16));
            } else if (t.matches("p[0-9a-f]{2}")) {
                prefix = Integer.parseInt(t.substring(1), 16);
            } else if (t.startsWith("/")) {
                modrm = t.charAt(1) == 'r' ? ANY_REG : t.charAt(1) - '0';
                if (t.length() > 2) {
                    tokens.add(t.substring(3));
                }
            } else {
                tokens.add(t);
            }
        }
        return new Form(
                family,
                line.substring(0, bar).trim(),
                opcode.stream().mapToInt(Integer::intValue).toArray(),
                prefix,
                modrm,
                tokens);
    }

    @Override
    public boolean equals(Object o) {
        return this == o;
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    @Override
    public String toString() {
        return family + " " + name;
    }
}
