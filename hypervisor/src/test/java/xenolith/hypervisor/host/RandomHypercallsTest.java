package xenolith.hypervisor.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * 50,000 random hypercalls; with {@code -Dhypercalls.steps=N} as many, with {@code
 * -Dhypercalls.seed=S} from that seed on. A seed that fails becomes a file, which is replayed ever
 * after.
 */
class RandomHypercallsTest {
    private static final Path SEEDS = Path.of("src", "test", "resources", "hypercall-seeds");
    private static final int STEPS_A_SEED = 5_000;
    private static final int STEPS_A_LOOK = 100;

    @Test
    void noSequenceSpoilsWhatIsCounted() throws IOException {
        long steps = Long.getLong("hypercalls.steps", 50_000);
        int every = Integer.getInteger("hypercalls.look", STEPS_A_LOOK);
        long seed = Long.getLong("hypercalls.seed", 1);
        Map<String, Integer> accepted = new HashMap<>();
        for (long done = 0; done < steps; done += STEPS_A_SEED, seed++) {
            try (RandomHypercalls run = new RandomHypercalls(seed)) {
                run.run(STEPS_A_SEED, every);
                run.accepted.forEach((name, n) -> accepted.merge(name, n, Integer::sum));
            } catch (AssertionError e) {
                Files.createDirectories(SEEDS);
                Files.writeString(SEEDS.resolve(seed + ".seed"), e.getMessage() + "\n");
                throw e;
            }
        }
        for (String name :
                List.of(
                        "mmu_update",
                        "mmuext_op",
                        "update_va_mapping",
                        "set_gdt",
                        "memory_op exchange",
                        "memory_op decrease_reservation",
                        "grant_table_op map",
                        "grant_table_op unmap",
                        "grant_table_op copy",
                        "grant_table_op transfer",
                        "event_channel_op bind_interdomain",
                        "event_channel_op close",
                        "vcpu_op register_vcpu_info",
                        "vcpu_op send_nmi",
                        "nmi_op register",
                        "physdev_op",
                        "multicall",
                        "mmu_update of 32 bits",
                        "update_va_mapping of 32 bits",
                        "update_va_mapping_otherdomain of 32 bits",
                        "memory_op exchange of 32 bits",
                        "grant_table_op map of 32 bits",
                        "grant_table_op copy of 32 bits",
                        "grant_table_op get_status_frames of 32 bits",
                        "event_channel_op init_control of 32 bits",
                        "multicall of 32 bits")) {
            assertThat(accepted.getOrDefault(name, 0))
                    .as("%s: otherwise it was not tested; %s", name, accepted)
                    .isGreaterThan((int) Math.min(10, steps / 5000));
        }
    }

    @Test
    void seedsThatFailedOnce() throws IOException {
        if (!Files.isDirectory(SEEDS)) {
            return;
        }
        try (Stream<Path> files = Files.list(SEEDS)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".seed")).toList()) {
                String name = String.valueOf(file.getFileName());
                long seed = Long.parseLong(name.substring(0, name.indexOf('.')));
                try (RandomHypercalls run = new RandomHypercalls(seed)) {
                    run.run(STEPS_A_SEED, 1);
                }
            }
        }
    }
}
