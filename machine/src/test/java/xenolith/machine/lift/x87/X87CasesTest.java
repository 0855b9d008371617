package xenolith.machine.lift.x87;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import xenolith.machine.cpu.Fpu;

/** Replays what a real processor did: see the head of x87-cases.txt. */
class X87CasesTest {
    private static final int C1 = 0x200;
    private static final int STATUS_FLAGS = 0x8d5;

    /** One line of the table: fields before and behind the equals sign. */
    private record Case(String line, String[] before, String[] after) {
        static Case of(String line) {
            String[] halves = line.split(" = ", -1);
            return new Case(line, halves[0].split(" ", -1), halves[1].split(" ", -1));
        }

        int modrm() {
            return hex(before[1]);
        }

        /** F2XM1, FYL2X, FPTAN, FPATAN, FYL2XP1, FSINCOS, FSIN, FCOS: right within one unit. */
        boolean transcendental() {
            return before[0].equals("d9")
                    && List.of(0xf0, 0xf1, 0xf2, 0xf3, 0xf9, 0xfb, 0xfe, 0xff).contains(modrm());
        }
    }

    private static int hex(String digits) {
        return Integer.parseInt(digits, 16);
    }

    private static List<Case> cases() throws IOException {
        try (InputStream in = X87CasesTest.class.getResourceAsStream("x87-cases.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .map(Case::of)
                    .toList();
        }
    }

    @Test
    void everyCaseDoesAsTheRealProcessor() throws IOException {
        List<String> failures = new ArrayList<>();
        List<Case> cases = cases();
        try (X87Machine machine = new X87Machine()) {
            for (Case c : cases) {
                prepare(machine, c);
                machine.execute(hex(c.before[0]), c.modrm());
                String difference = difference(machine, c);
                if (!difference.isEmpty()) {
                    failures.add(c.line + "\n    but " + difference);
                }
            }
        }
        assertThat(cases).hasSizeGreaterThan(1000);
        assertThat(failures).isEmpty();
    }

    private static void prepare(X87Machine machine, Case c) {
        Fpu f = machine.cpu.fpu;
        f.setControl(hex(c.before[2]));
        f.setStatusWord(hex(c.before[3]));
        f.setTagWord(hex(c.before[4]));
        machine.cpu.setStatusFlags(hex(c.before[5]));
        if (!c.before[6].equals("-")) {
            machine.put(X87Machine.OPERAND, HexFormat.of().parseHex(c.before[6]));
        }
        for (int n = 0; n < 8; n++) {
            boolean given = n < 2;
            String number = given ? c.before[7 + n] : "";
            int physical = f.physical(n);
            f.signExponent[physical] = given ? hex(number.substring(0, 4)) : 0x4000 + n;
            f.significand[physical] = given ? significand(number) : 1L << 63;
        }
    }

    private static long significand(String number) {
        return Long.parseUnsignedLong(number, number.length() - 16, number.length(), 16);
    }

    private static String difference(X87Machine machine, Case c) {
        Fpu f = machine.cpu.fpu;
        StringBuilder found = new StringBuilder();
        int ignored = c.transcendental() ? C1 : 0;
        differs(found, "control", f.control, hex(c.after[0]));
        differs(found, "status", f.statusWord() & ~ignored, hex(c.after[1]) & ~ignored);
        differs(found, "tags", f.tagWord(), hex(c.after[2]));
        int flags = (int) machine.cpu.rflags() & STATUS_FLAGS;
        differs(found, "flags", flags, hex(c.after[3]));
        String memory = c.after[4].equals("-") ? c.before[6] : c.after[4];
        if (!memory.equals("-")) {
            String now = HexFormat.of().formatHex(machine.bytes(X87Machine.OPERAND, 10));
            if (!now.equals(memory)) {
                found.append("memory ").append(now).append(' ');
            }
        }
        for (int physical = 0; physical < 8; physical++) {
            register(found, f, c, physical);
        }
        return found.toString();
    }

    private static void differs(StringBuilder found, String what, int is, int expected) {
        if (is != expected) {
            found.append(String.format("%s %04x, not %04x; ", what, is, expected));
        }
    }

    private static void register(StringBuilder found, Fpu f, Case c, int physical) {
        int place = physical - (hex(c.before[3]) >>> 11) & 7;
        String number =
                place < 2
                        ? c.before[7 + place]
                        : String.format("%04x:%016x", 0x4000 + place, 1L << 63);
        for (int k = 5; k < c.after.length; k++) {
            if (c.after[k].startsWith(physical + "=")) {
                number = c.after[k].substring(2);
            }
        }
        int se = hex(number.substring(0, 4));
        long distance = f.significand[physical] - significand(number);
        boolean near = c.transcendental() && Math.abs(distance) <= 1;
        if (f.signExponent[physical] != se || distance != 0 && !near) {
            found.append(
                    String.format(
                            "register %d %04x:%016x; ",
                            physical, f.signExponent[physical], f.significand[physical]));
        }
    }
}
