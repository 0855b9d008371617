package xenolith.hypervisor.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page docs/support.md says of each hypercall what the table in the code says. */
class SupportPageTest {
    private static final Pattern ROW =
            Pattern.compile(
                    "\\| (\\d+)(?: to (\\d+))? \\| (\\w+) \\| (works|partly|not yet) \\| (.*) ?\\|");

    @Test
    void thePageHasARowForEachCallAndTellsTheTruth() throws IOException {
        HypercallTable table = new HypercallTable();
        Set<Integer> seen = new HashSet<>();
        for (String line : Files.readAllLines(Path.of("../docs/support.md"))) {
            Matcher m = ROW.matcher(line);
            if (m.matches()) {
                int first = Integer.parseInt(m.group(1));
                int last = m.group(2) == null ? first : Integer.parseInt(m.group(2));
                for (int number = first; number <= last; number++) {
                    check(table.rows().get(number), m);
                    assertThat(seen.add(number)).as("one row for call %d", number).isTrue();
                }
            }
        }
        assertThat(seen).as("calls with a row").hasSize(table.rows().size());
    }

    private static void check(HypercallTable.Row row, Matcher page) {
        assertThat(page.group(3)).as("name of call %d", row.number()).isEqualTo(row.name());
        boolean saysEnosys = page.group(5).contains("ENOSYS:") || page.group(5).equals("ENOSYS");
        if (row.handler() == null) {
            assertThat(page.group(5)).as("remark on %s", row.name()).contains("ENOSYS");
        } else {
            assertThat(page.group(4)).as("state of %s", row.name()).isNotEqualTo("not yet");
            assertThat(saysEnosys).as("%s has a handler", row.name()).isFalse();
        }
    }
}
