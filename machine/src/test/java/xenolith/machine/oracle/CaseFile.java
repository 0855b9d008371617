package xenolith.machine.oracle;

import java.util.BitSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A case with its expected end as text, one {@code key value} a line: the form, the bytes, what
 * counts, the state before (keys as they are), the state after (keys with {@code >}, and only what
 * changed). Numbers are hexadecimal.
 */
final class CaseFile {
    private static final int ROW = 64;

    private CaseFile() {}

    /** A case and the state that it must end in. */
    record Stored(TestCase testCase, ProcessorState after) {}

    static String write(TestCase c, ProcessorState after) {
        Map<String, String> lines = new LinkedHashMap<>();
        lines.put("form", c.name());
        lines.put("code", HexFormat.of().formatHex(c.code()));
        lines.put("flags", Integer.toHexString(c.flags()));
        lines.put("status", Integer.toHexString(c.fsw()));
        lines.put("approximate", Boolean.toString(c.approximate()));
        for (int i = c.ignored().nextSetBit(0); i >= 0; i = c.ignored().nextSetBit(i + 1)) {
            lines.merge("ignored", Integer.toHexString(i), (a, b) -> a + " " + b);
        }
        Map<String, String> old = state(c.before());
        lines.putAll(old);
        state(after)
                .forEach((key, value) -> {
                    if (!value.equals(old.get(key))) {
                        lines.put(">" + key, value);
                    }
                });
        StringBuilder text = new StringBuilder();
        lines.forEach((key, value) -> text.append(key).append(' ').append(value).append('\n'));
        return text.toString();
    }

    private static Map<String, String> state(ProcessorState s) {
        Map<String, String> m = new LinkedHashMap<>();
        m.put("rip", Long.toHexString(s.rip));
        m.put("rflags", Long.toHexString(s.rflags));
        m.put("mxcsr", Integer.toHexString(s.mxcsr));
        m.put("fcw", Integer.toHexString(s.fcw));
        m.put("fsw", Integer.toHexString(s.fsw));
        m.put("ftw", Integer.toHexString(s.ftw));
        for (int i = 0; i < 16; i++) {
            m.put("r" + i, Long.toHexString(s.gpr[i]));
        }
        for (int i = 0; i < 8; i++) {
            m.put("st" + i, "%04x %016x".formatted(s.signExponent[i], s.significand[i]));
        }
        for (int i = 0; i < 16; i++) {
            m.put("xmm" + i, "%016x %016x".formatted(s.xmm[2 * i + 1], s.xmm[2 * i]));
        }
        for (int i = 0; i < s.window.length; i += ROW) {
            m.put(
                    "memory" + Long.toHexString(ProcessorState.WINDOW + i),
                    HexFormat.of().formatHex(s.window, i, i + ROW));
        }
        return m;
    }

    static Stored read(String text) {
        Map<String, String> before = new LinkedHashMap<>();
        Map<String, String> after = new LinkedHashMap<>();
        for (String line : text.lines().toList()) {
            int blank = line.indexOf(' ');
            if (blank < 0) {
                continue;
            }
            String key = line.substring(0, blank);
            String value = line.substring(blank + 1);
            if (key.startsWith(">")) {
                after.put(key.substring(1), value);
            } else {
                before.put(key, value);
                after.put(key, value);
            }
        }
        BitSet ignored = new BitSet();
        String list = before.get("ignored");
        if (list != null) {
            for (String n : list.split(" ", -1)) {
                ignored.set(Integer.parseInt(n, 16));
            }
        }
        TestCase c =
                new TestCase(
                        get(before, "form"),
                        HexFormat.of().parseHex(get(before, "code")),
                        state(before),
                        (int) number(before, "flags"),
                        (int) number(before, "status"),
                        Boolean.parseBoolean(before.get("approximate")),
                        ignored);
        return new Stored(c, state(after));
    }

    private static String get(Map<String, String> m, String key) {
        String value = m.get(key);
        if (value == null) {
            throw new IllegalArgumentException("no line with " + key);
        }
        return value;
    }

    private static long number(Map<String, String> m, String key) {
        return Long.parseUnsignedLong(get(m, key), 16);
    }

    private static ProcessorState state(Map<String, String> m) {
        ProcessorState s = new ProcessorState();
        s.rip = number(m, "rip");
        s.rflags = number(m, "rflags");
        s.mxcsr = (int) number(m, "mxcsr");
        s.fcw = (int) number(m, "fcw");
        s.fsw = (int) number(m, "fsw");
        s.ftw = (int) number(m, "ftw");
        for (int i = 0; i < 16; i++) {
            s.gpr[i] = number(m, "r" + i);
            String[] words = get(m, "xmm" + i).split(" ", 2);
            s.xmm[2 * i + 1] = Long.parseUnsignedLong(words[0], 16);
            s.xmm[2 * i] = Long.parseUnsignedLong(words[1], 16);
        }
        for (int i = 0; i < 8; i++) {
            String[] parts = get(m, "st" + i).split(" ", 2);
            s.signExponent[i] = Integer.parseInt(parts[0], 16);
            s.significand[i] = Long.parseUnsignedLong(parts[1], 16);
        }
        for (int i = 0; i < s.window.length; i += ROW) {
            String row = get(m, "memory" + Long.toHexString(ProcessorState.WINDOW + i));
            System.arraycopy(HexFormat.of().parseHex(row), 0, s.window, i, ROW);
        }
        return s;
    }
}
