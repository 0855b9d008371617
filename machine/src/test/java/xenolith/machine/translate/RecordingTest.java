package xenolith.machine.translate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.TinyGuest;

/** Well translated code goes on behind branches whose targets only a recording knows. */
class RecordingTest {
    private static final int ROUNDS = 100_000;
    private static final long FIRST = TinyGuest.CODE + 0x40;
    private static final long SECOND = TinyGuest.CODE + 0x50;

    private final TinyGuest guest = new TinyGuest(Cpu.MODE_64);
    private final Translator translator = new Translator(guest.memory, 3);

    @BeforeEach
    void write() {
        guest.write(FIRST, "4883c201 c3"); // ADD RDX, 1; RET
        guest.write(SECOND, "488d1452 c3"); // LEA RDX, [RDX + 2 * RDX]; RET
        guest.cpu.rcx = ROUNDS;
        guest.cpu.rsi = FIRST;
        guest.cpu.rdi = SECOND;
        guest.cpu.rsp = TinyGuest.DATA + 0x800;
        guest.cpu.rip = TinyGuest.CODE;
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private long dispatches() {
        String count = translator.statistics().replaceAll(".*; (\\d+) dispatches.*", "$1");
        return Long.parseLong(count);
    }

    private void run() {
        assertThat(translator.run(guest.cpu)).isEqualTo(Exit.Simple.SYSCALL);
        long expected = 0;
        for (int n = 0; n < ROUNDS; n++) {
            expected = n % 2 == 0 ? 3 * expected : expected + 1;
        }
        assertThat(guest.cpu.rdx).isEqualTo(expected);
    }

    @Test
    void anIndirectCallStaysInTheRegion() {
        // XCHG RSI, RDI; CALL RSI; DEC ECX; JNZ; SYSCALL
        guest.write(TinyGuest.CODE, "4887fe ffd6 ffc9 75f7 0f05");
        run();
        assertThat(dispatches()).isLessThan(ROUNDS / 20);
    }

    @Test
    void anIndirectJumpAndAReturnToItStayInTheRegion() {
        // XCHG RSI, RDI; LEA RAX, [RIP + 3]; PUSH RAX; JMP RSI; DEC ECX; JNZ; SYSCALL
        guest.write(TinyGuest.CODE, "4887fe 488d0503000000 50 ffe6 ffc9 75ef 0f05");
        run();
        assertThat(dispatches()).isLessThan(ROUNDS / 20);
    }

    @Test
    void targetsThatWereNotSeenAreDispatched() {
        guest.write(TinyGuest.CODE, "4887fe ffd6 ffc9 75f7 0f05");
        run();
        long before = dispatches();
        // INC RDX; RET, elsewhere.
        guest.write(TinyGuest.CODE + 0x60, "48ffc2 c3");
        guest.cpu.rcx = ROUNDS;
        guest.cpu.rdx = 0;
        guest.cpu.rsi = TinyGuest.CODE + 0x60;
        guest.cpu.rdi = TinyGuest.CODE + 0x60;
        guest.cpu.rip = TinyGuest.CODE;
        assertThat(translator.run(guest.cpu)).isEqualTo(Exit.Simple.SYSCALL);
        assertThat(guest.cpu.rdx).isEqualTo(ROUNDS);
        assertThat(dispatches()).isGreaterThan(before);
    }

    @Test
    void aRecordingGoesOnAfterExits() {
        guest.write(TinyGuest.CODE, "4887fe ffd6 ffc9 75f7 0f05");
        Exit exit;
        int runs = 0;
        do {
            guest.cpu.limit = guest.cpu.retired + 37;
            exit = translator.run(guest.cpu);
        } while (exit == Exit.Simple.TIME_UP && ++runs < ROUNDS);
        assertThat(exit).isEqualTo(Exit.Simple.SYSCALL);
        // Each run is shorter than what is recorded, and ends where it shall all the same.
        assertThat(guest.cpu.retired).isBetween(6L * ROUNDS, 6L * ROUNDS + 1);
        assertThat(runs).isEqualTo((int) (guest.cpu.retired / 37));
        assertThat(translator.statistics()).doesNotStartWith("0 ").doesNotStartWith("1 ");
    }
}
