package xenolith.hypervisor.paging;

import static org.assertj.core.api.Assertions.assertThat;
import static xenolith.hypervisor.paging.TestMachine.P;
import static xenolith.hypervisor.paging.TestMachine.PRW;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.abi.x86.PageFault;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.EngineKind;

/**
 * The instructions with which kernels write page tables, executed by a real engine on a read-only
 * mapped level-1 table (at 0x1000; slot 9 is the victim, RDI points to it).
 */
class TrappedStoreTest {
    private static final int WRITE_FAULT = PageFault.P | PageFault.W | PageFault.U;

    private final TestMachine m = new TestMachine();
    private final Engine engine = EngineKind.standard().on(m.memory);
    private final long code = m.frame();
    private final long page = m.frame();
    private int traps;

    @BeforeEach
    void load() {
        m.tree();
        m.set(m.table[1], 1, Pte.of(m.table[1], P));
        m.set(m.table[1], 3, Pte.of(code, P));
        assertThat(m.v.setKernelRoot(m.table[4])).isZero();
        m.d.setWritablePageTables(true);
        m.cpu.rdi = 0x1000 + 9 * 8;
    }

    @AfterEach
    void close() {
        assertThat(m.differences()).isEmpty();
        m.close();
    }

    /** Executes {@code hex}, then UD2; whether the end was reached. */
    private boolean execute(String hex) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", "") + "0f0b");
        m.memory.write(code << 12, bytes, 0, bytes.length);
        m.cpu.rip = 0x3000;
        traps = 0;
        while (true) {
            Exit exit = engine.run(m.cpu);
            assertThat(exit).isInstanceOf(Exit.Fault.class);
            Exit.Fault fault = (Exit.Fault) exit;
            if (fault.vector() == Vector.UD) {
                return m.cpu.rip == 0x3000 + bytes.length - 2;
            }
            assertThat(fault.vector()).isEqualTo(Vector.PF);
            assertThat(fault.errorCode()).isEqualTo(WRITE_FAULT);
            traps++;
            if (!WritablePageTables.emulateStore(m.v, engine, fault.address())) {
                return false;
            }
        }
    }

    private long victim() {
        return m.get(m.table[1], 9);
    }

    @Test
    void movXchgCmpxchgBtrAndOr() {
        m.cpu.rsi = Pte.of(page, PRW | Pte.U | Pte.A | Pte.D);
        assertThat(execute("48 89 37")).as("mov [rdi], rsi").isTrue();
        assertThat(traps).isEqualTo(1);
        assertThat(victim()).isEqualTo(m.cpu.rsi | Pte.G);
        assertThat(m.frames.typeCount(page)).isEqualTo(1);

        assertThat(execute("f0 48 0f ba 37 05")).as("lock btr [rdi], 5").isTrue();
        assertThat(m.cpu.rflags() & Rflags.CF).isEqualTo(Rflags.CF);
        assertThat(victim() & Pte.A).isZero();
        assertThat(m.frames.typeCount(page)).isEqualTo(1);

        assertThat(execute("f0 80 27 fd")).as("lock and byte [rdi], ~RW").isTrue();
        assertThat(victim() & Pte.RW).isZero();
        assertThat(m.frames.typeCount(page)).isZero();
        assertThat(m.frames.count(page)).isEqualTo(2);

        assertThat(execute("f0 80 0f 02")).as("lock or byte [rdi], RW").isTrue();
        assertThat(m.frames.typeCount(page)).isEqualTo(1);

        m.cpu.rax = victim();
        m.cpu.rcx = victim() & ~Pte.D;
        assertThat(execute("f0 48 0f b1 0f")).as("lock cmpxchg [rdi], rcx").isTrue();
        assertThat(m.cpu.rflags() & Rflags.ZF).isEqualTo(Rflags.ZF);
        assertThat(victim()).isEqualTo(m.cpu.rcx);

        long old = victim();
        m.cpu.rdx = 0;
        assertThat(execute("48 87 17")).as("xchg [rdi], rdx").isTrue();
        assertThat(m.cpu.rdx).isEqualTo(old);
        assertThat(victim()).isZero();
        assertThat(m.frames.count(page)).isEqualTo(1);
    }

    @Test
    void halvesAreMerged() {
        m.cpu.rsi = Pte.of(page, PRW | Pte.NX);
        assertThat(execute("48 89 37")).isTrue();
        m.cpu.rax = m.get(m.table[1], 9) >>> 32 & 0x7fff_ffff;
        assertThat(execute("89 47 04")).as("mov [rdi+4], eax").isTrue();
        assertThat(victim() & Pte.NX).isZero();
        assertThat(Pte.mfn(victim())).isEqualTo(page);
    }

    @Test
    void aForbiddenEntryIsTheGuestsFault() {
        m.cpu.rsi = Pte.of(m.table[2], PRW);
        long retired = m.cpu.retired;
        assertThat(execute("48 89 37")).isFalse();
        assertThat(m.cpu.rip).isEqualTo(0x3000);
        assertThat(m.cpu.retired).isEqualTo(retired);
        assertThat(victim()).isZero();
        assertThat(m.refusals).anyMatch(s -> s.contains("an l2 table of d1"));
    }

    @Test
    void aChangedTranslationIsSeenAtOnce() {
        long other = m.frame();
        m.memory.put64((other << 12) + 9 * 8, 0x5555);
        long slot2 = TestMachine.at(m.table[1], 2);
        assertThat(MmuUpdate.update(m.d, 1, slot2, Pte.of(other, P))).isZero();
        assertThat(m.cpu.mmu.read64(0x2000 + 9 * 8)).isEqualTo(0x5555);
        assertThat(MmuUpdate.update(m.d, 1, slot2, Pte.of(m.table[1], P))).isZero();
        m.cpu.rdi = 0x2000 + 9 * 8;
        m.cpu.rsi = Pte.of(page, P);
        assertThat(execute("48 89 37")).isTrue();
        assertThat(traps).as("the first sees the new page").isEqualTo(1);
        assertThat(Pte.mfn(victim())).isEqualTo(page);
    }
}
