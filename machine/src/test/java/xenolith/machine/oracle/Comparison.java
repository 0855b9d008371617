package xenolith.machine.oracle;

import java.util.ArrayList;
import java.util.List;

/** What differs between two states of which one should be the other. */
final class Comparison {
    private static final String[] GPR = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
        "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
    };

    private final List<String> differences = new ArrayList<>();

    private Comparison() {}

    /** Lines {@code what: expected X, found Y}; empty if all that counts is the same. */
    static List<String> of(TestCase c, ProcessorState expected, ProcessorState found) {
        Comparison d = new Comparison();
        for (int i = 0; i < 16; i++) {
            d.check(GPR[i], expected.gpr[i], found.gpr[i]);
        }
        d.check("rip", expected.rip, found.rip);
        d.check("rflags", expected.rflags & c.flags(), found.rflags & c.flags());
        d.check("mxcsr", expected.mxcsr, found.mxcsr);
        d.check("fcw", expected.fcw, found.fcw);
        d.check("fsw", expected.fsw & c.fsw(), found.fsw & c.fsw());
        d.check("ftw", expected.ftw, found.ftw);
        for (int i = 0; i < 8; i++) {
            d.checkStack(c, i, expected, found);
        }
        for (int i = 0; i < 16; i++) {
            if (expected.xmm[2 * i] != found.xmm[2 * i]
                    || expected.xmm[2 * i + 1] != found.xmm[2 * i + 1]) {
                d.differences.add(
                        "xmm%d: expected %016x%016x, found %016x%016x"
                                .formatted(
                                        i,
                                        expected.xmm[2 * i + 1],
                                        expected.xmm[2 * i],
                                        found.xmm[2 * i + 1],
                                        found.xmm[2 * i]));
            }
        }
        d.checkWindow(c, expected, found);
        return d.differences;
    }

    private void check(String what, long expected, long found) {
        if (expected != found) {
            differences.add("%s: expected %x, found %x".formatted(what, expected, found));
        }
    }

    private void checkStack(TestCase c, int i, ProcessorState expected, ProcessorState found) {
        boolean same =
                expected.significand[i] == found.significand[i]
                        && expected.signExponent[i] == found.signExponent[i];
        if (same || c.approximate() && close(i, expected, found)) {
            return;
        }
        differences.add(
                "st%d: expected %04x %016x, found %04x %016x"
                        .formatted(
                                i,
                                expected.signExponent[i],
                                expected.significand[i],
                                found.signExponent[i],
                                found.significand[i]));
    }

    /** Within 4 units in the last place of a double. */
    private static boolean close(int i, ProcessorState a, ProcessorState b) {
        double x = value(a.signExponent[i], a.significand[i]);
        double y = value(b.signExponent[i], b.significand[i]);
        return Double.compare(x, y) == 0 || Math.abs(x - y) <= 4 * Math.ulp(x);
    }

    private static double value(int signExponent, long significand) {
        int exponent = signExponent & 0x7fff;
        if (exponent == 0x7fff) {
            return significand << 1 == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
        }
        double m = (significand >>> 1) * 2.0 + (significand & 1);
        double x = Math.scalb(m, exponent - 16383 - 63);
        return signExponent >= 0x8000 ? -x : x;
    }

    private void checkWindow(TestCase c, ProcessorState expected, ProcessorState found) {
        int wrong = 0;
        for (int i = 0; i < expected.window.length && wrong < 8; i++) {
            if (expected.window[i] != found.window[i] && !c.ignored().get(i)) {
                wrong++;
                check(
                        "memory %x".formatted(ProcessorState.WINDOW + i),
                        expected.window[i] & 0xff,
                        found.window[i] & 0xff);
            }
        }
    }
}
