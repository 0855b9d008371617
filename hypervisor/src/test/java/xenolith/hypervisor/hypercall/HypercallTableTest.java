package xenolith.hypervisor.hypercall;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Hypercall;
import xenolith.abi.xen.OperationName;

class HypercallTableTest {
    private final HypercallTable table = new HypercallTable();

    @Test
    void everyNumberHasARowAndEveryRowAHandlerOrAReason() {
        assertThat(table.rows()).hasSize(Hypercall.COUNT);
        for (int i = 0; i < Hypercall.COUNT; i++) {
            HypercallTable.Row row = table.rows().get(i);
            assertThat(row.number()).isEqualTo(i);
            assertThat(row.name()).isNotEmpty();
            assertThat(row.handler() == null).isEqualTo(!row.absent().isEmpty());
        }
    }

    @Test
    void everyCallOfThePublicHeaderIsNamed() throws IllegalAccessException {
        for (var field : Hypercall.class.getFields()) {
            int number = field.getInt(null);
            if (number < Hypercall.COUNT) {
                assertThat(table.name(number))
                        .as(field.getName())
                        .isNotEqualTo(HypercallTable.RESERVED);
            }
        }
    }

    @Test
    void whatBootsLinuxHasAHandler() {
        int[] needed = {
            0, 1, 2, 3, 5, 8, 9, 10, 12, 13, 14, 17, 18, 20, 21, 23, 24, 25, 26, 29, 30
        };
        for (int number : needed) {
            assertThat(table.rows().get(number).handler()).as("call %d", number).isNotNull();
        }
    }

    @Test
    void namesAreDistinct() {
        assertThat(table.rows().stream().map(HypercallTable.Row::name))
                .filteredOn(name -> !name.equals(HypercallTable.RESERVED))
                .doesNotHaveDuplicates();
    }

    @Test
    void messagesUseTheNamesOfTheTable() {
        for (HypercallTable.Row row : table.rows()) {
            assertThat(OperationName.call(row.number())).isEqualTo(row.name());
        }
    }
}
