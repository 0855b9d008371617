package xenolith.machine.translate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Pte;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.engine.CpuState;
import xenolith.machine.interpret.TinyGuest;

/** PUSHes and POPs one after another do what each of them does. */
class StackRunTest {
    /** RSP = RDI; PUSH RBX, RCX, R12, RAX; POP RDX, R13, RBP, RSI. */
    private static final String RUN = "4889fc 53 51 4154 50 5a 415d 5d 5e";

    /** Offset of the third PUSH. */
    private static final int THIRD = 5;

    /** ADD RDI, 8; XOR R15, RDX; ADD R15, RBP; ADD RBX, RSI; ADD RCX, R13; DEC R8; JNZ; SYSCALL. */
    private static final String LOOP = "4883c708 4931d7 4901ef 4801f3 4c01e9 49ffc8 75df 0f05";

    private final TinyGuest expected = new TinyGuest(Cpu.MODE_64);
    private final TinyGuest guest = new TinyGuest(Cpu.MODE_64);

    /** Translates at once, and nothing well. */
    private final Translator translator = new Translator(guest.memory, 2);

    @BeforeEach
    void write() {
        translator.promoted = Long.MAX_VALUE;
        for (TinyGuest g : new TinyGuest[] {expected, guest}) {
            g.code(RUN + LOOP);
            g.cpu.rbx = 0x1111_2222_3333_4444L;
            g.cpu.rcx = 0x5555_6666_7777_8888L;
            g.cpu.r12 = 3;
            g.cpu.rax = -1;
        }
    }

    @AfterEach
    void close() {
        expected.close();
        guest.close();
    }

    /** Runs both from stack pointer {@code rsp} on, 8 bytes higher in each of {@code rounds}. */
    private Exit run(long rsp, int rounds) {
        for (TinyGuest g : new TinyGuest[] {expected, guest}) {
            g.cpu.rip = TinyGuest.CODE;
            g.cpu.rdi = rsp;
            g.cpu.r8 = rounds;
        }
        Exit exit = expected.interpreter.run(expected.cpu);
        assertThat(translator.run(guest.cpu)).isEqualTo(exit);
        assertThat(CpuState.differences(expected.cpu, guest.cpu)).isEmpty();
        return exit;
    }

    private void sameMemory() {
        for (long va = TinyGuest.DATA; va < TinyGuest.STACK; va += 8) {
            long maddr = TinyGuest.maddr(va);
            assertThat(guest.memory.get64(maddr)).isEqualTo(expected.memory.get64(maddr));
        }
    }

    @Test
    void theyAreRunsOfFour() {
        assertThat(run(TinyGuest.DATA + 0x800, 1000)).isEqualTo(Exit.Simple.SYSCALL);
        sameMemory();
    }

    @Test
    void theyCrossPages() {
        assertThat(run(TinyGuest.DATA + 0xe00, 200)).isEqualTo(Exit.Simple.SYSCALL);
        assertThat(run(TinyGuest.DATA + 0x1e04, 200)).isEqualTo(Exit.Simple.SYSCALL);
        sameMemory();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, Pte.P | Pte.U | Pte.A})
    void theThirdPushFaults(long flags) {
        run(TinyGuest.DATA + 0x1800, 100);
        expected.protect(TinyGuest.DATA, flags);
        guest.protect(TinyGuest.DATA, flags);
        assertThat(run(TinyGuest.DATA + 0x1010, 1)).isInstanceOf(Exit.Fault.class);
        assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE + THIRD);
        assertThat(guest.cpu.rsp).isEqualTo(TinyGuest.DATA + 0x1000);
        sameMemory();
    }

    @Test
    void theSecondPopFaults() {
        // POP RDX, RBP, RSI; DEC R8; JNZ; SYSCALL: from RSP = RDI.
        String pops = "4889fc 5a 5d 5e 49ffc8 75f5 0f05";
        expected.code(pops);
        guest.code(pops);
        run(TinyGuest.DATA + 0x800, 100);
        assertThat(run(TinyGuest.END - 8, 1)).isInstanceOf(Exit.Fault.class);
        assertThat(guest.cpu.rip).isEqualTo(TinyGuest.CODE + 4);
    }
}
