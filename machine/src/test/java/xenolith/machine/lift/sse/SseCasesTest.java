package xenolith.machine.lift.sse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import xenolith.machine.cpu.Cpu;

/** Replays cases.txt: what a real processor answered. */
class SseCasesTest {
    private static final int STATUS_FLAGS = 0x8d5;
    private static final List<String> REGISTERS = List.of("ax", "cx", "dx");

    @Test
    void everyCaseEndsAsOnTheProcessor() throws IOException {
        List<String> wrong = new ArrayList<>();
        int cases = 0;
        try (SseMachine machine = new SseMachine()) {
            for (String line : lines()) {
                if (line.startsWith("#")) {
                    continue;
                }
                cases++;
                String difference = replay(machine, line);
                if (!difference.isEmpty()) {
                    wrong.add(line + "\n    but " + difference);
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(cases).isGreaterThan(1000);
    }

    private static List<String> lines() throws IOException {
        try (InputStream in = SseCasesTest.class.getResourceAsStream("cases.txt")) {
            return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
        }
    }

    private static String replay(SseMachine machine, String line) {
        String[] sides = line.split(" :", -1);
        String code = sides[0].substring(0, (sides[0] + " ").indexOf(' '));
        Map<String, String> before = fields(sides[0]);
        load(machine.cpu, before);
        Map<String, String> initial = state(machine.cpu);
        int fault = machine.run(code);
        Map<String, String> expected = new TreeMap<>(initial);
        fields(sides[1]).forEach((key, value) -> expected.put(key, value));
        expected.putIfAbsent("fault", "none");
        Map<String, String> actual = state(machine.cpu);
        actual.put("fault", fault == SseMachine.NO_FAULT ? "none" : Integer.toHexString(fault));
        actual.entrySet().removeAll(expected.entrySet());
        return String.join(" ", actual.entrySet().stream().map(Object::toString).toList());
    }

    private static Map<String, String> fields(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String word : text.split(" ", -1)) {
            int sign = word.indexOf('=');
            if (sign > 0) {
                fields.put(word.substring(0, sign), word.substring(sign + 1));
            }
        }
        return fields;
    }

    private static long high(String digits) {
        return digits.length() > 16
                ? Long.parseUnsignedLong(digits.substring(0, digits.length() - 16), 16)
                : 0;
    }

    private static long low(String digits) {
        return Long.parseUnsignedLong(
                digits.length() > 16 ? digits.substring(digits.length() - 16) : digits, 16);
    }

    private static void load(Cpu cpu, Map<String, String> fields) {
        cpu.fpu.init();
        for (int i = 0; i < 3; i++) {
            String x = fields.getOrDefault("x" + i, "0");
            cpu.xmm[4 * i] = low(x);
            cpu.xmm[4 * i + 1] = high(x);
            cpu.fpu.significand[i] = low(fields.getOrDefault("m" + i, "0"));
            cpu.set(i, low(fields.getOrDefault(REGISTERS.get(i), "0")));
        }
        String mem = fields.getOrDefault("mem", "0");
        cpu.mmu.write128(SseMachine.PAGE, low(mem), high(mem));
        cpu.mxcsr = (int) low(fields.getOrDefault("mxcsr", "1f80"));
        cpu.setStatusFlags((int) low(fields.getOrDefault("flags", "0")));
    }

    private static Map<String, String> state(Cpu cpu) {
        Map<String, String> state = new TreeMap<>();
        for (int i = 0; i < 3; i++) {
            state.put("x" + i, wide(cpu.xmm[4 * i], cpu.xmm[4 * i + 1]));
            state.put("m" + i, Long.toHexString(cpu.fpu.significand[i]));
            state.put(REGISTERS.get(i), Long.toHexString(cpu.get(i)));
        }
        long va = SseMachine.PAGE;
        state.put("mem", wide(cpu.mmu.read64(va), cpu.mmu.read64(va + 8)));
        state.put("mxcsr", Integer.toHexString(cpu.mxcsr));
        state.put("flags", Long.toHexString(cpu.rflags() & STATUS_FLAGS));
        state.put("valid", Integer.toHexString(~cpu.fpu.empty & 0xff));
        return state;
    }

    private static String wide(long low, long high) {
        return String.format("%016x%016x", high, low);
    }
}
