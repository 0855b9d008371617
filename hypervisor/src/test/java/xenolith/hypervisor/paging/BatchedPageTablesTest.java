package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static xenolith.hypervisor.paging.TestMachine.P;
import static xenolith.hypervisor.paging.TestMachine.PRW;
import static xenolith.hypervisor.paging.TestMachine.TABLE;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.hypervisor.memory.EntryRules;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.EngineKind;

/**
 * A level-1 table that maps addresses from 0x200000 on, and is itself mapped read-only at 0x4000:
 * RDI points there. The code is at 0x3000.
 */
class BatchedPageTablesTest {
    private final TestMachine m = new TestMachine();
    private final Engine engine = EngineKind.standard().on(m.memory);
    private final BatchedPageTables batched = new BatchedPageTables(m.d);
    private final long code = m.frame();
    private final long page = m.frame();
    private final long table = m.frame();
    private int faults;
    private int refused;

    @BeforeEach
    void load() {
        m.tree();
        m.set(m.table[2], 1, Pte.of(table, TABLE));
        m.set(m.table[1], 3, Pte.of(code, P));
        m.set(m.table[1], 4, Pte.of(table, P));
        m.set(table, 0, Pte.of(page, P));
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
        m.d.setWritablePageTables(true);
        m.cpu.rdi = 0x4000;
    }

    @AfterEach
    void close() {
        assertThat(m.differences()).isEmpty();
        m.close();
    }

    /** Executes {@code hex} up to UD2, as the host does. */
    private void execute(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", "") + "0f0b");
        m.memory.write(code << 12, bytes, 0, bytes.length);
        m.memory.codeStored(code << 12, bytes.length);
        m.cpu.rip = 0x3000;
        m.v.selectKernel();
        for (int i = 0; i < 20; i++) {
            m.cpu.limit = m.cpu.retired + 1000;
            Exit exit = engine.run(m.cpu);
            boolean again = batched.isOpen();
            refused += batched.close() == 0 ? 0 : 1;
            if (again && exit instanceof Exit.Fault f && f.vector() == Vector.PF) {
                continue;
            }
            if (exit instanceof Exit.Fault f && f.vector() == Vector.PF) {
                faults++;
                boolean store = (f.errorCode() & 3) == 3;
                if (!store
                        || !batched.open(m.v, f.address())
                                && !WritablePageTables.emulateStore(m.v, engine, f.address())) {
                    return;
                }
            } else {
                assertThat(exit).isInstanceOf(Exit.Fault.class);
                assertThat(((Exit.Fault) exit).vector()).isEqualTo(Vector.UD);
                return;
            }
        }
        throw new AssertionError("it does not come to an end");
    }

    @Test
    void manyStoresAreOneFault() {
        m.cpu.rax = Pte.of(page, PRW);
        // mov [rdi+8], rax; mov [rdi+16], rax; mov [rdi+24], rax; mov qword [rdi], 0
        execute("48894708 48894710 48894718 48c70700000000");
        assertThat(faults).isOne();
        assertThat(refused).isZero();
        assertThat(batched.counts()).containsExactly(1, 4);
        assertThat(m.get(table, 3) & ~(Pte.A | Pte.D))
                .isEqualTo(Pte.of(page, PRW) | TABLE & Pte.U | EntryRules.GUEST_KERNEL);
        assertThat(m.get(table, 0)).isZero();
        assertThat(m.frames.typeCount(page)).as("writable mappings").isEqualTo(3);
        assertThat(m.get(m.table[1], 4) & Pte.RW).as("read-only again").isZero();
        assertThat(m.get(m.table[2], 1) & Pte.P).as("back in its place").isNotZero();
    }

    @Test
    void nothingIsTranslatedThroughAnOpenTable() {
        m.memory.put64(page << 12, 0x1234);
        m.cpu.rsi = 0x200000;
        // mov rbx, [rsi]; mov qword [rdi], 0; mov rcx, [rsi]
        execute("488b1e 48c70700000000 488b0e");
        assertThat(m.cpu.rbx).isEqualTo(0x1234);
        assertThat(m.cpu.rcx).as("not read").isNotEqualTo(0x1234);
    }

    @Test
    void anEntryThatMayNotBeIsFoundAtTheEnd() {
        m.cpu.rax = Pte.of(m.table[2], PRW);
        execute("48894708");
        assertThat(refused).isOne();
        assertThat(m.get(table, 1)).as("what was there before").isZero();
        assertThat(m.refusals).anyMatch(r -> r.contains("may not be mapped writable"));
    }

    @Test
    void aTableThatTheInstructionNeedsItselfIsWrittenBySingleStores() {
        m.memory.put64((page << 12) + 16, 0);
        m.cpu.rsi = 0x200010;
        // movsq: it reads by way of the table to which it stores.
        m.cpu.rdi = 0x4008;
        execute("48a5");
        assertThat(m.cpu.rdi).isEqualTo(0x4010);
        assertThat(batched.counts()[1]).isZero();
    }

    @Test
    void aTableWithTwoPlacesIsWrittenBySingleStores() {
        long slot2 = TestMachine.at(m.table[2], 2);
        assertThat(MmuUpdate.update(m.d, 1, slot2, Pte.of(table, P))).isZero();
        execute("48c70700000000");
        assertThat(batched.counts()).containsExactly(0, 0);
        assertThat(m.get(table, 0)).isZero();
    }
}
