package xenolith.machine.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.abi.x86.Pte;
import xenolith.abi.x86.Vector;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Engine;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.Interpreter;
import xenolith.machine.interpret.TinyGuest;
import xenolith.machine.memory.MachineMemory;

/** Two engines against each other, of which one can be made to err. */
class BothTest {
    /**
     * A loop: {@code lea 1(%rax),%rax; mov %rax,(%rdi); incl 4096(%rdi); push %rax; pop %rdx;
     * rdtsc; cmp $N,%rcx; inc %rcx; jb loop; syscall}.
     */
    private static final String LOOP =
            "488d4001488907ff8700100000505a0f314881f9f048000048ffc172e30f05";

    private static final long ROUNDS = 0x48f1;

    @TempDir private Path folder = Path.of(".");

    /** What a test engine does wrong, once it has run a number of instructions. */
    enum Fault {
        REGISTER((cpu, memory) -> cpu.r9 ^= 1L << 40),
        FLAG((cpu, memory) -> cpu.setRflags(cpu.rflags() ^ 0x10)),
        MEMORY((cpu, memory) -> cpu.mmu.write8(TinyGuest.DATA + 77, 1)),
        VECTOR_REGISTER((cpu, memory) -> cpu.xmm[4 * 15 + 1]++),
        X87((cpu, memory) -> cpu.fpu.signExponent[3]++),
        COUNT((cpu, memory) -> cpu.retired--),
        TIME((cpu, memory) -> cpu.tsc.read(cpu)),
        ACCESSED_BIT((cpu, memory) -> cpu.mmu.read8(TinyGuest.DATA + 0x3000)),
        DIRTY_BIT((cpu, memory) -> cpu.mmu.readForWrite(TinyGuest.DATA + 0x3000, 1));

        final BiConsumer<Cpu, MachineMemory> effect;

        Fault(BiConsumer<Cpu, MachineMemory> effect) {
            this.effect = effect;
        }
    }

    private record Erring(Engine engine, MachineMemory memory, @Nullable Fault fault)
            implements Engine {
        @Override
        public Exit run(Cpu cpu) {
            long from = cpu.retired;
            Exit exit = engine.run(cpu);
            if (fault != null && from < 20_000 && cpu.retired >= 20_000) {
                fault.effect.accept(cpu, memory);
            }
            return exit;
        }

        @Override
        public @Nullable CapturedStore captureStore(Cpu cpu, long vaddr) {
            throw new IllegalStateException("stores are captured by the oracle alone");
        }
    }

    private Both both(TinyGuest guest, @Nullable Fault fault) {
        Engine tested = new Erring(new Interpreter(guest.memory), guest.memory, fault);
        return new Both(guest.memory, tested, new Interpreter(guest.memory), 5, folder);
    }

    private static void load(TinyGuest guest) {
        guest.code(LOOP);
        guest.cpu.rdi = TinyGuest.DATA;
        guest.cpu.tsc = c -> System.nanoTime();
        guest.protect(TinyGuest.DATA + 0x3000, Pte.P | Pte.RW | Pte.U);
    }

    @Test
    void twoThatAgreeDoWhatOneDoes() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            load(guest);
            Both both = both(guest, null);
            assertThat(both.run(guest.cpu)).isEqualTo(Exit.Simple.SYSCALL);
            assertThat(guest.cpu.retired).isEqualTo(ROUNDS * 9 + 1);
            long data = TinyGuest.maddr(TinyGuest.DATA);
            assertThat(guest.memory.get64(data + 4096)).isEqualTo(ROUNDS);
            assertThat(both.pieces()).isGreaterThan(10);
            assertThat(folder).isEmptyDirectory();
        }
    }

    @Test
    void limitsAreExactAndKicksAreTaken() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            load(guest);
            Both both = both(guest, null);
            guest.cpu.limit = 12_345;
            assertThat(both.run(guest.cpu)).isEqualTo(Exit.Simple.TIME_UP);
            assertThat(guest.cpu.retired).isEqualTo(12_345);
            assertThat(guest.cpu.limit).isEqualTo(12_345);
            guest.cpu.limit = Long.MAX_VALUE;
            guest.cpu.kick();
            assertThat(both.run(guest.cpu)).isEqualTo(Exit.Simple.TIME_UP);
            assertThat(guest.cpu.retired).isEqualTo(12_345);
            guest.cpu.tsc =
                    c -> {
                        if (c.retired > 30_000) {
                            c.kick();
                        }
                        return 7;
                    };
            assertThat(both.run(guest.cpu)).isEqualTo(Exit.Simple.TIME_UP);
            assertThat(guest.cpu.retired).isBetween(30_001L, 30_100L);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyDifferenceIsFoundAndSaved(Fault fault) throws IOException {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            load(guest);
            Both both = both(guest, fault);
            assertThatThrownBy(() -> both.run(guest.cpu))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("the engines differ (saved in ");
        }
        List<Path> files;
        try (Stream<Path> list = Files.list(folder)) {
            files = list.toList();
        }
        assertThat(files).hasSize(1);
        Scene scene = Scene.read(Files.readString(files.get(0)));
        assertThat(Scene.read(scene.write(List.of())).write(List.of()))
                .isEqualTo(scene.write(List.of()));
        assertThat(SceneReplay.differences(scene, Interpreter::new)).isEmpty();
        assertThat(SceneReplay.differences(scene, m -> new Erring(new Interpreter(m), m, null)))
                .isEmpty();
    }

    @Test
    void faultsOfTheGuestAreNoDifferences() {
        try (TinyGuest guest = new TinyGuest(Cpu.MODE_64)) {
            load(guest);
            guest.cpu.rdi = TinyGuest.END - 4096;
            Exit exit = both(guest, null).run(guest.cpu);
            assertThat(exit).isInstanceOf(Exit.Fault.class);
            assertThat(((Exit.Fault) exit).vector()).isEqualTo(Vector.PF);
            assertThat(guest.cpu.retired).isEqualTo(2);
        }
    }
}
