package xenolith.machine.lift.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import xenolith.abi.x86.Rflags;
import xenolith.machine.cpu.Cpu;
import xenolith.machine.cpu.Exit;

/** A repetition ends as its elements do one by one, whatever it does at once. */
class StringEquivalenceTest {
    private static final int CASES = 60;
    private static final int LENGTH = 0x6000;
    private static final String[] OPCODES = {
        "a4", "a5", "a6", "a7", "aa", "ab", "ac", "ad", "ae", "af"
    };

    private final Guest bulk = new Guest();
    private final Guest single = new Guest();

    @AfterEach
    void close() {
        bulk.close();
        single.close();
    }

    @RepeatedTest(20)
    void endsAsElementByElement(RepetitionInfo run) {
        SplittableRandom random = new SplittableRandom(run.getCurrentRepetition());
        for (int n = 0; n < CASES; n++) {
            String size = new String[] {"", "66", "48"}[random.nextInt(3)];
            String opcode = OPCODES[random.nextInt(OPCODES.length)];
            String rep = random.nextBoolean() ? "f3" : "f2";
            String narrow = random.nextInt(4) == 0 ? "67" : "";
            prepare(random);
            String what = "seed %d, case %d: %s".formatted(run.getCurrentRepetition(), n, opcode);
            Exit expected = oneByOne(narrow + size + opcode, rep, !narrow.isEmpty());
            Exit found = bulk.run(narrow + rep + size + opcode);

            assertThat(found).as(what).isEqualTo(expected);
            assertThat(bulk.cpu.registers())
                    .as(what)
                    .startsWith(java.util.Arrays.copyOf(single.cpu.registers(), 16));
            assertThat(bulk.cpu.rflags()).as(what).isEqualTo(single.cpu.rflags());
            assertThat(data(bulk)).as(what).isEqualTo(data(single));
        }
    }

    private static byte[] data(Guest guest) {
        byte[] bytes = new byte[LENGTH];
        guest.memory.read(((long) Guest.FIRST_FRAME << 12) + Guest.DATA, bytes, 0, LENGTH);
        return bytes;
    }

    private void prepare(SplittableRandom random) {
        byte[] bytes = new byte[LENGTH];
        int alphabet = random.nextInt(3);
        for (int i = 0; i < LENGTH; i++) {
            bytes[i] = (byte) (alphabet == 0 ? i : alphabet == 1 ? random.nextInt() : 0);
        }
        for (int i = random.nextInt(4); i > 0; i--) {
            bytes[random.nextInt(LENGTH)] ^= 1;
        }
        long source = Guest.DATA + 0x2800 + random.nextInt(0x1000);
        boolean near = random.nextBoolean();
        long target =
                near ? source + random.nextInt(64) - 32 : source + random.nextInt(4096) - 2048;
        long count = random.nextInt(random.nextBoolean() ? 40 : 1200);
        long rax = random.nextBoolean() ? bytes[random.nextInt(LENGTH)] : random.nextLong();
        int unmapped = random.nextInt(12);
        long status = random.nextInt() & Rflags.STATUS;
        boolean down = random.nextBoolean();
        for (Guest g : new Guest[] {bulk, single}) {
            g.memory.write(((long) Guest.FIRST_FRAME << 12) + Guest.DATA, bytes, 0, LENGTH);
            for (int page = 0; page < 6; page++) {
                g.map((Guest.DATA >>> 12) + page, page == unmapped ? 0 : 7);
            }
            g.cpu.rsi = source;
            g.cpu.rdi = target;
            g.cpu.rcx = count;
            g.cpu.rax = rax;
            g.cpu.setRflags(0x202 | status | (down ? Rflags.DF : 0));
        }
    }

    /** The elements as instructions of their own; RCX and the end are counted here. */
    private Exit oneByOne(String element, String rep, boolean narrow) {
        Cpu cpu = single.cpu;
        boolean compares = (Integer.parseInt(element.substring(element.length() - 2), 16) & 6) == 6;
        int before = (int) cpu.rflags() & Rflags.STATUS;
        if (narrow) {
            cpu.rcx &= 0xffff_ffffL;
        }
        while (cpu.rcx != 0) {
            Exit exit = single.run(element);
            if (exit != Exit.Simple.TIME_UP) {
                // A fault in the middle leaves the flags as before the first element.
                cpu.setStatusFlags(before);
                return exit;
            }
            cpu.rcx--;
            boolean equal = (cpu.rflags() & Rflags.ZF) != 0;
            if (compares && equal != rep.equals("f3")) {
                break;
            }
        }
        return Exit.Simple.TIME_UP;
    }
}
