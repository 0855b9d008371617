package xenolith.machine.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Rflags;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.cpu.Segment;
import xenolith.machine.fault.GuestFault;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.memory.MachineMemory;
import xenolith.machine.translate.Translator;

/** Breakpoints on code and data, steps, and what holds them back, in both engines. */
class BreakpointsTest {
    private static final long CODE = 0x1000;
    private static final long DATA = 0x4000;
    private static final long STACK = 0x8000;
    private static final int CODE_BREAK = 0;
    private static final int ON_WRITE = 1;
    private static final int ON_ACCESS = 3;
    private static final int BYTE = 0;
    private static final int DWORD = 3;
    private static final Exit DEBUG = new Exit.Fault(Vector.DB, GuestFault.NO_ERROR_CODE, 0);

    private final MachineMemory memory = new MachineMemory(64);
    private final Cpu cpu = new Cpu(memory, c -> 0);
    private Engine engine = new Interpreter(memory);

    @AfterEach
    void close() {
        memory.close();
    }

    private void begin(boolean translate, String hex) {
        engine = translate ? new Translator(memory, 1) : new Interpreter(memory);
        long user = Pte.P | Pte.RW | Pte.U;
        for (int level = 1; level < 4; level++) {
            memory.put64(level << 12, Pte.of(level + 1, user));
        }
        for (int n = 0; n < 40; n++) {
            memory.put64((4 << 12) + 8 * n, Pte.of(20 + n, user));
        }
        cpu.mmu.setRoot(0, 1 << 12);
        cpu.mmu.setUser(0, true);
        cpu.mmu.select(0);
        Segment cs = cpu.segments[Segment.CS];
        cs.selector = 0x33;
        cs.attributes = 0xa0fb;
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        memory.write((20L << 12) + CODE, bytes, 0, bytes.length);
        cpu.rip = CODE;
        cpu.rsp = STACK;
        cpu.limit = cpu.retired + 1000;
    }

    private void breakpoint(int n, long address, int kind, int length) {
        cpu.dr[n] = address;
        cpu.dr[7] |= 1L << 2 * n | (long) (kind | length << 2) << 16 + 4 * n;
        cpu.breakpoints.changed();
    }

    private void expectDebug(long rip, long conditions, long retired) {
        assertThat(engine.run(cpu)).isEqualTo(DEBUG);
        assertThat(cpu.rip).isEqualTo(rip);
        assertThat(cpu.dr[6]).isEqualTo(0xffff_0ff0L | conditions);
        assertThat(cpu.retired).isEqualTo(retired);
        cpu.dr[6] = 0xffff_0ff0L;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void codeBreaksBeforeItRunsUnlessResumed(boolean translate) {
        begin(translate, "48 ff c0  48 ff c3  48 ff c1  eb f5");
        breakpoint(2, CODE + 3, CODE_BREAK, BYTE);
        expectDebug(CODE + 3, 4, 1);
        expectDebug(CODE + 3, 4, 1);
        cpu.systemFlags |= Rflags.RF;
        expectDebug(CODE + 3, 4, 5);
        assertThat(cpu.systemFlags & Rflags.RF).as("for one instruction").isZero();
        assertThat(cpu.rbx).isEqualTo(1);
        cpu.dr[7] = 0x400;
        cpu.breakpoints.changed();
        assertThat(engine.run(cpu)).isEqualTo(Exit.Simple.TIME_UP);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dataBreaksAfterTheInstruction(boolean translate) {
        // mov [4004], al; mov al, [4005]; mov [4003], eax
        begin(translate, "88 04 25 04 40 00 00  8a 04 25 05 40 00 00  89 04 25 03 40 00 00  eb fe");
        breakpoint(0, DATA + 6, ON_ACCESS, DWORD);
        breakpoint(1, DATA + 4, ON_WRITE, BYTE);
        expectDebug(CODE + 7, 3, 1);
        expectDebug(CODE + 14, 1, 2);
        expectDebug(CODE + 21, 3, 3);
        assertThat(engine.run(cpu)).isEqualTo(Exit.Simple.TIME_UP);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void accessesBesideTheBreakpointOrThatFaultDoNotBreak(boolean translate) {
        // mov [4000], rax; mov [400c], rax; mov [4008 - 4], al; add [3fffe0], al
        begin(
                translate,
                "48 89 04 25 00 40 00 00 48 89 04 25 0c 40 00 00 88 04 25 04 40 00 00"
                        + "00 04 25 e0 ff 3f 00");
        breakpoint(3, DATA + 8, ON_ACCESS, DWORD);
        Exit exit = engine.run(cpu);
        assertThat(exit).isInstanceOf(Exit.Fault.class);
        assertThat(((Exit.Fault) exit).vector()).isEqualTo(Vector.PF);
        assertThat(cpu.dr[6]).isEqualTo(0xffff_0ff0L);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAccessAcrossPagesBreaksInEither(boolean translate) {
        // mov [4ffe], rax; mov rax, [4ffe]
        begin(translate, "48 89 04 25 fe 4f 00 00  48 8b 04 25 fe 4f 00 00  90 eb fe");
        breakpoint(0, DATA + 0x1000, ON_ACCESS, BYTE);
        breakpoint(1, DATA + 0xfff, ON_WRITE, BYTE);
        expectDebug(CODE + 8, 3, 1);
        expectDebug(CODE + 16, 1, 2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void loadingSsHoldsTrapsBackForOneInstruction(boolean translate) {
        // mov ss, [4000]; nop; nop
        begin(translate, "8e 14 25 00 40 00 00  90 90 eb fe");
        breakpoint(0, DATA, ON_ACCESS, BYTE);
        cpu.segments[Segment.SS].selector = 0x2b;
        cpu.gdtBase = DATA + 0x100;
        cpu.gdtLimit = 0xff;
        memory.put64((20L << 12) + DATA + 0x128, 0x00cf_f300_0000_ffffL);
        memory.put64((20L << 12) + DATA, 0x2b);
        expectDebug(CODE + 8, 1, 2);
        cpu.rip = CODE;
        cpu.systemFlags |= Rflags.TF;
        expectDebug(CODE + 8, 1 | 1 << 14, 4);
        expectDebug(CODE + 9, 1 << 14, 5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRepetitionBreaksAfterTheElement(boolean translate) {
        // rep stosb; nop
        begin(translate, "f3 aa  90 eb fe");
        breakpoint(0, DATA + 2, ON_WRITE, BYTE);
        cpu.rdi = DATA;
        cpu.rcx = 5;
        expectDebug(CODE, 1, 0);
        assertThat(cpu.rcx).isEqualTo(2);
        cpu.systemFlags |= Rflags.TF;
        expectDebug(CODE, 1 << 14, 0);
        expectDebug(CODE + 2, 1 << 14, 1);
        assertThat(cpu.rdi).isEqualTo(DATA + 5);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void lockedInstructionsAndTheStackAreAccesses(boolean translate) {
        // lock xadd [4000], eax; push rax; pop rax
        begin(translate, "f0 0f c1 04 25 00 40 00 00  50 58 eb fe");
        breakpoint(0, DATA, ON_WRITE, DWORD);
        breakpoint(1, STACK - 4, ON_ACCESS, DWORD);
        expectDebug(CODE + 9, 1, 1);
        expectDebug(CODE + 10, 2, 2);
        expectDebug(CODE + 11, 2, 3);
    }
}
