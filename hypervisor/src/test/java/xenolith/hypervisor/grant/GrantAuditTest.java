package xenolith.hypervisor.grant;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.xen.Gnttab;
import xenolith.hypervisor.log.RefusalLog;
import xenolith.hypervisor.memory.DomainMemory;
import xenolith.hypervisor.memory.FrameTable;
import xenolith.machine.memory.MachineMemory;

class GrantAuditTest {
    private final MachineMemory memory = new MachineMemory(1024);
    private final FrameTable frames = new FrameTable(memory, 5, RefusalLog.NONE);
    private final Map<Integer, GrantTable> tables = new HashMap<>();
    private final DomainMemory granter = new DomainMemory(frames, 1, 20);
    private final GrantTable table = new GrantTable(frames, granter, 2, tables::get);
    private final GrantTable user =
            new GrantTable(frames, new DomainMemory(frames, 2, 20), 2, tables::get);
    private final long page = frames.allocate(granter, 0);

    @AfterEach
    void free() {
        memory.close();
    }

    private List<String> differences() {
        return new GrantAudit(List.of(table, user)).differences();
    }

    @Test
    void usesAreTheMappingsOfAll() {
        table.seed(9, 2, page);
        table.acquire(9, 2, true);
        assertThat(differences()).containsExactly("grant 9 of d1 is in use, but nobody maps it");
        int flags = Gnttab.HOST_MAP | Gnttab.MAP_READONLY;
        user.maptrack()
                .set(user.maptrack().take(0), new Maptrack.Mapping(table, 9, page, 0x1000, flags));
        assertThat(differences()).isEmpty();
        assertThat(new GrantAudit(List.of(table, user)).hostMappings(2, page, false)).isOne();
        assertThat(new GrantAudit(List.of(table, user)).hostMappings(2, page, true)).isZero();
    }

    @Test
    void aMappingWithoutAUse() {
        user.maptrack()
                .set(
                        user.maptrack().take(0),
                        new Maptrack.Mapping(table, 9, page, 0x1000, Gnttab.DEVICE_MAP));
        assertThat(differences()).hasSize(2);
        assertThat(differences().getFirst())
                .isEqualTo("grant 9 of d1: uses 00000000, counted 00010000");
    }
}
