package xenolith.hypervisor.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The table of hypercalls in docs/support.md is made of the one in the code. {@code
 * -Dsupport.write=true} writes it.
 */
class SupportPageTest {
    private static final Path PAGE = Path.of("../docs/support.md");

    private final SupportTable table = new SupportTable();

    @Test
    void thePageHasTheTableOfTheCode() throws IOException {
        String page = Files.readString(PAGE);
        int from = page.indexOf(SupportTable.HEAD);
        int to = page.indexOf("\n\n", from) + 1;
        assertThat(from).as("the table of hypercalls begins").isPositive();
        if (Boolean.getBoolean("support.write")) {
            Files.writeString(PAGE, page.substring(0, from) + table.text() + page.substring(to));
        } else {
            assertThat(page.substring(from, to))
                    .as("write it with -Dsupport.write=true")
                    .isEqualTo(table.text());
        }
    }

    @Test
    void remarksAreOfCallsThatThereAre() {
        HypercallTable code = new HypercallTable();
        for (String name : table.remarked()) {
            assertThat(code.rows())
                    .as(name)
                    .anyMatch(row -> row.name().equals(name) && row.handler() != null);
        }
    }
}
