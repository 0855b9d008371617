package xenolith.machine.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.junit.jupiter.api.Test;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.interpret.TinyGuest;

/**
 * HotSpot silently never compiles a method of more than 8,000 bytes of bytecode: translated code
 * has none.
 */
class TranslatedMethodSizeTest {
    private static final int BLOCKS = 120;
    private static final int ROUNDS = 50;

    /**
     * Many blocks of {@code adc (%rsi),%rax; rcl $3,%rdx; add %rcx,8(%rdi); jc to the next} in a
     * loop that R15 counts, then UD2.
     */
    private static void load(TinyGuest guest) {
        StringBuilder code = new StringBuilder();
        for (int n = 0; n < BLOCKS; n++) {
            code.append("48130648c1d20348014f087200");
        }
        int back = -(13 * BLOCKS + 9);
        code.append("49ffcf0f85");
        code.append("%08x".formatted(Integer.reverseBytes(back))).append("0f0b");
        guest.reset();
        guest.code(code.toString());
        guest.cpu.rsi = TinyGuest.DATA;
        guest.cpu.rdi = TinyGuest.DATA + 0x1000;
        guest.cpu.rcx = -3;
        guest.cpu.r15 = ROUNDS;
    }

    @Test
    void aMethodThatIsTooLongIsRefused() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            load(guest);
            assertThat(guest.interpreter.run(guest.cpu)).isInstanceOf(Exit.Fault.class);
            guest.cpu.rip = TinyGuest.CODE;
            Region region =
                    Objects.requireNonNull(
                            RegionFinder.find(guest.interpreter, guest.cpu, 10_000, 0, null));
            assertThat(region.units()).hasSizeGreaterThan(BLOCKS);
            RegionCompiler compiler = new RegionCompiler(region, false);
            byte[] bytes = compiler.compile();
            assertThat(compiler.codeSize()).isGreaterThan(RegionCompiler.LONGEST_METHOD);
            assertThatThrownBy(() -> compiler.load(bytes))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("would never be compiled");
        }
    }

    @Test
    void codeOfAnySizeIsTranslatedInParts() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64);
                TinyGuest expected = new TinyGuest(Cpu.MODE_64)) {
            load(guest);
            load(expected);
            Translator translator = new Translator(guest.memory, 3);
            Exit exit = translator.run(guest.cpu);
            assertThat(exit).isEqualTo(new Interpreter(expected.memory).run(expected.cpu));
            assertThat(guest.cpu.registers())
                    .startsWith(java.util.Arrays.copyOf(expected.cpu.registers(), 16));
            assertThat(guest.cpu.retired).isEqualTo(expected.cpu.retired);
            assertThat(translator.statistics()).doesNotStartWith("0 ").doesNotStartWith("1 ");
        }
    }
}
