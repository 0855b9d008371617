package xenolith.machine.translate;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;
import xenolith.machine.interpret.TinyGuest;

/** Translations go when there are too many of them, or when their code has changed. */
class CodeMemoryTest {
    private static final int MOST = 40;

    private final TinyGuest guest = new TinyGuest(Cpu.MODE_64);
    private final CodeMemory codeMemory = new CodeMemory(MOST);
    private final Translator translator = new Translator(guest.memory, 2, null, codeMemory);

    /** By identity, the classes that were seen. */
    private final List<WeakReference<Class<?>>> classes = new ArrayList<>();

    @AfterEach
    void close() {
        guest.close();
    }

    /** Writes a loop of its own to {@code at} and runs it. */
    private void runLoop(long at, int n) {
        // MOV EAX, n; MOV ECX, 20; ADD EAX, ECX; DEC ECX; JNZ; SYSCALL
        String number = "%08x".formatted(Integer.reverseBytes(n));
        guest.write(at, "b8" + number + " b914000000 01c8 ffc9 75fa 0f05");
        again(at, n);
    }

    private void again(long at, int n) {
        guest.cpu.rip = at;
        assertThat(translator.run(guest.cpu)).isEqualTo(Exit.Simple.SYSCALL);
        assertThat(guest.cpu.rax).isEqualTo(n + 210L);
    }

    private void noteClasses() {
        List<GuestCode> codes = codeMemory.codes();
        for (GuestCode code : codes) {
            Class<?> type = code.getClass();
            if (classes.stream().noneMatch(c -> c.refersTo(type))) {
                classes.add(new WeakReference<>(type));
            }
        }
    }

    private long loadedClasses() {
        System.gc();
        return classes.stream().filter(c -> !c.refersTo(null)).count();
    }

    @Test
    void codeThatIsWrittenAnewAgainAndAgainDoesNotPileUp() {
        for (int n = 0; n < 600; n++) {
            runLoop(TinyGuest.CODE, n);
            noteClasses();
        }
        assertThat(classes).hasSize(600);
        assertThat(codeMemory.codes()).hasSizeLessThanOrEqualTo(MOST);
        assertThat(loadedClasses()).isLessThanOrEqualTo(MOST + 1);
    }

    @Test
    void whatRanLeastGoesWhenThereIsTooMuch() {
        for (int n = 0; n < 600; n++) {
            runLoop(TinyGuest.CODE + 64L * n, n);
            noteClasses();
        }
        assertThat(codeMemory.codes()).hasSizeLessThanOrEqualTo(MOST);
        assertThat(loadedClasses()).isLessThanOrEqualTo(MOST + 1);
        assertThat(translator.statistics()).contains("600 translations").contains("0 outdated");
        // What went comes again when it is needed, from blocks that are still there.
        for (int n = 0; n < 600; n++) {
            again(TinyGuest.CODE + 64L * n, n);
        }
        assertThat(translator.statistics()).contains("1200 translations");
        assertThat(codeMemory.codes()).hasSizeLessThanOrEqualTo(MOST);
    }

    @Test
    void lookingForOutdatedCodeLeavesTheRest() {
        CodeMemory large = new CodeMemory(1000);
        Translator other = new Translator(guest.memory, 2, null, large);
        runLoopIn(other, TinyGuest.DATA, 7);
        GuestCode first = large.codes().get(0);
        for (int n = 0; n < 300; n++) {
            runLoopIn(other, TinyGuest.CODE, n);
        }
        assertThat(large.codes()).hasSizeLessThan(256).contains(first);
        assertThat(first.valid()).isTrue();
    }

    @Test
    void codeThatLeavesAgainAndAgainGoes() {
        // MOV ECX, 100000; MOV [RIP + 512], RCX, into this page; DEC RCX; JNZ; SYSCALL
        guest.write(TinyGuest.CODE, "b9a0860100 48890d00020000 48ffc9 75f4 0f05");
        guest.cpu.rip = TinyGuest.CODE;
        translator.promoted = 100;
        assertThat(translator.run(guest.cpu)).isEqualTo(Exit.Simple.SYSCALL);
        assertThat(codeMemory.codes()).anyMatch(c -> !c.warm && !c.valid());
        assertThat(codeMemory.codes()).noneMatch(c -> !c.warm && c.leaves > 5000);
        String leaves = translator.statistics().replaceAll(".*, (\\d+) leaves", "$1");
        assertThat(Integer.parseInt(leaves)).isBetween(1000, 20_000);
    }

    private void runLoopIn(Translator other, long at, int n) {
        String number = "%08x".formatted(Integer.reverseBytes(n));
        guest.write(at, "b8" + number + " b914000000 01c8 ffc9 75fa 0f05");
        guest.cpu.rip = at;
        assertThat(other.run(guest.cpu)).isEqualTo(Exit.Simple.SYSCALL);
    }
}
