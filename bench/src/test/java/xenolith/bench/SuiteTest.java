package xenolith.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The suite's table, its options, and how it reads what a rival prints. */
class SuiteTest {
    private static final List<Row> ROWS =
            Row.read("# name\n\na  -  /suite/rows a 1\nb  gcc,make  /suite/rows time x y\n");

    private static Outcome took(double seconds, String check) {
        return new Outcome.Measured(check, (long) (seconds * 1e9), 0);
    }

    @Test
    void readsRows() {
        assertThat(ROWS)
                .containsExactly(
                        new Row("a", List.of(), "/suite/rows a 1"),
                        new Row("b", List.of("gcc", "make"), "/suite/rows time x y"));
        assertThat(ROWS.get(0).line()).isEqualTo("a - /suite/rows a 1\n");
        assertThatThrownBy(() -> Row.read("a -")).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void choosesRowsAndRivals() {
        SuiteOptions o = new SuiteOptions(List.of("--rows", "b", "--only", "tcg", "--runs", "7"));
        assertThat(o.rows(ROWS)).containsExactly(ROWS.get(1));
        assertThat(o.rivals()).containsExactly("tcg");
        assertThat(o.number("runs", 3)).isEqualTo(7);
        assertThat(o.number("turns", 2)).isEqualTo(2);
        assertThat(new SuiteOptions(List.of()).rivals()).doesNotContain(Rival.XEN);
        assertThat(new SuiteOptions(List.of("--against", "x")).rivals()).contains(Rival.OTHER);
        Outcome.Measured m = new Outcome.Measured("", 5, 7);
        assertThat(new SuiteOptions(List.of()).time().applyAsLong(m)).isEqualTo(5);
        assertThat(new SuiteOptions(List.of("--by", "cpu")).time().applyAsLong(m)).isEqualTo(7);
    }

    @Test
    void saysWhatIsWrongWithOptions() {
        assertThatThrownBy(() -> new SuiteOptions(List.of("--fast", "1")))
                .hasMessageContaining("--fast");
        assertThatThrownBy(() -> new SuiteOptions(List.of("--runs")))
                .hasMessageContaining("needs a value");
        assertThatThrownBy(() -> new SuiteOptions(List.of("--runs", "0")).number("runs", 1))
                .hasMessageContaining("no number above 0");
        assertThatThrownBy(() -> new SuiteOptions(List.of("--rows", "a,z")).rows(ROWS))
                .hasMessageContaining("[z]");
        assertThatThrownBy(() -> new SuiteOptions(List.of("--by", "sun")).time())
                .hasMessageContaining("time or cpu");
        assertThatThrownBy(() -> new SuiteOptions(List.of("--only", "xen")).rivals())
                .hasMessageContaining("--only");
    }

    @Test
    void takesTheMedianAndTheRatio() {
        Tally tally = new Tally(Outcome.Measured::nanoseconds);
        for (double s : new double[] {3, 1, 2}) {
            tally.add(Rival.TCG, Map.of("a", took(s, "5")));
            tally.add(Rival.XENOLITH, Map.of("a", took(s / 4, "5")));
        }
        assertThat(tally.median(Rival.TCG, "a").orElseThrow()).isEqualTo(2);
        assertThat(tally.ratio(Rival.XENOLITH, Rival.TCG, "a").orElseThrow())
                .isCloseTo(0.25, within(1e-9));
        assertThat(Tally.geometricMean(List.of(0.5, 8.0)).orElseThrow()).isCloseTo(2, within(1e-9));
        tally.addMemory(Rival.XENOLITH, 300);
        tally.addMemory(Rival.XENOLITH, 200);
        SuiteTable table = new SuiteTable(tally, List.of("a"), List.of("tcg", "xenolith"));
        assertThat(table.equal()).isTrue();
        assertThat(table.markdown())
                .contains("| a | 2.000 (1.000 to 3.000) | 0.500 (0.250 to 0.750) | 0.25 | equal |")
                .contains("| geometric mean | | | 0.25 | |")
                .contains("| MiB beyond the guest | | 300 | | |");
    }

    @Test
    void memoryOfTheGuestIsLeftOut() {
        List<String> smaps =
                """
                7f0000000000-7f0040000000 rw-p 00000000 00:00 0
                Size:            1048576 kB
                Rss:              900000 kB
                7f0050000000-7f0050400000 r-xp 00000000 08:01 17    /lib/libjvm.so
                Rss:                3072 kB
                Pss:                1024 kB
                """
                        .lines()
                        .toList();
        assertThat(ProcessMemory.beyondGuest(smaps, 1024)).isEqualTo(3);
        assertThat(ProcessMemory.beyondGuest(smaps, 2048)).isGreaterThan(800);
    }

    @Test
    void tellsDifferentCheckValuesAndRunsWithoutResult() {
        Tally tally = new Tally(Outcome.Measured::nanoseconds);
        tally.add(Rival.TCG, Map.of("a", took(1, "5"), "b", new Outcome.Late()));
        tally.add(Rival.TCG, Map.of("a", took(1, "5"), "b", took(1, "7")));
        tally.add(Rival.XENOLITH, Map.of("a", took(1, "6"), "b", new Outcome.Bad("status 1")));
        assertThat(tally.median(Rival.TCG, "b")).isEmpty();
        SuiteTable table = new SuiteTable(tally, List.of("a", "b"), List.of("tcg", "xenolith"));
        assertThat(table.equal()).isFalse();
        assertThat(table.markdown())
                .contains("| a | 1.000 (1.000 to 1.000) | 1.000 | 1.00 | DIFFERENT |")
                .contains("| b | timeout | failed | | equal |");
    }

    @Test
    void readsWhatARivalPrints() throws Exception {
        String output =
                """
                [    0.1] some words of a kernel
                @begin
                @start a 1
                @row a 1 00000000000000aa 20000
                @row a 2 00000000000000aa 10000
                @bad b 1 status 1 words\r
                @end
                """;
        Rival rival = new Rival("x", List.of("printf", "%s", output), 0);
        Map<String, Outcome> run = SuiteRun.of(rival, ROWS, 1, (row, o) -> {}).outcomes();
        assertThat(run.get("a"))
                .isInstanceOfSatisfying(
                        Outcome.Measured.class,
                        m -> {
                            assertThat(m.nanoseconds()).isEqualTo(10_000);
                            assertThat(m.check()).isEqualTo("00000000000000aa");
                        });
        assertThat(run)
                .containsKeys(SuiteRun.BOOT)
                .containsEntry("b", new Outcome.Bad("status 1 words"));
    }

    @Test
    void aClockThatTheHostContradictsIsNoResult() {
        String text = "00000000000000aa 1000000000";
        assertThat(SuiteRun.result(text, 1_000_000_000L, 0)).isInstanceOf(Outcome.Measured.class);
        assertThat(SuiteRun.result(text, 3_000_000_000L, 0)).isInstanceOf(Outcome.Measured.class);
        assertThat(SuiteRun.result(text, 5_000_000_000L, 0))
                .isEqualTo(new Outcome.Bad("clock: 1.000 s in the guest, 5.000 s outside"));
        assertThat(SuiteRun.result(text, 800_000_000L, 0)).isInstanceOf(Outcome.Bad.class);
    }

    @Test
    void aRivalThatStopsLeavesRowsWithoutResult() throws Exception {
        Rival rival = new Rival("x", List.of("printf", "@begin\n@late a 1\n"), 0);
        Map<String, Outcome> run = SuiteRun.of(rival, ROWS, 1, (row, o) -> {}).outcomes();
        assertThat(run)
                .containsEntry("a", new Outcome.Late())
                .containsEntry("b", new Outcome.Late());
    }
}
