package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.guest.DebianGuest;

/** Debian's stock kernel and busybox, driven over the console. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DebianGuestIT {
    private static final String PROMPT = "~ # ";
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final Duration COMMAND = Duration.ofMinutes(1);

    @SuppressWarnings("NullAway.Init") // before all tests
    private GuestSession.Setup setup;

    @BeforeAll
    void open() throws ToolException {
        setup = DebianFiles.setup(DebianGuest.KERNEL_PACKAGE);
    }

    @AfterAll
    void close() {
        if (setup != null) { // null if this class is skipped
            setup.files().kernel().close();
        }
    }

    @Test
    void runsProgramsToThePowerOff() {
        try (GuestSession guest = GuestSession.start(setup)) {
            guest.expect(PROMPT, BOOT);
            guest.send("cat /proc/cpuinfo");
            assertThat(guest.expect(PROMPT, COMMAND)).contains("processor\t: 0", "fpu\t\t: yes");
            guest.send("ps");
            assertThat(guest.expect(PROMPT, COMMAND)).contains("{init}", "[kthreadd]");
            guest.send("i=0; while [ $i -lt 100 ]; do /bin/busybox true && i=$((i+1)); done");
            guest.expect(PROMPT, COMMAND);
            guest.send("echo $i forks");
            assertThat(guest.expect(PROMPT, COMMAND)).contains("\n100 forks");
            guest.send("dmesg");
            assertThat(guest.expect(PROMPT, COMMAND))
                    .contains("Hypervisor detected: Xen PV", "Booting kernel on Xen")
                    .doesNotContain("Call Trace", "WARNING");
            assertThat(guest.audit()).as("wrong counts of frames").isEmpty();
            guest.send("poweroff -f");
            assertThat(guest.end(COMMAND)).isEqualTo(Ending.POWERED_OFF);
        }
    }

    @Test
    void rebootsAndCrashes() {
        try (GuestSession guest = GuestSession.start(setup.seeded(2))) {
            guest.expect(PROMPT, BOOT);
            guest.send("reboot -f");
            guest.expect("Linux version", COMMAND);
            guest.expect(PROMPT, BOOT);
            assertThat(guest.audit()).as("wrong counts of frames").isEmpty();
            guest.send("echo c > /proc/sysrq-trigger");
            assertThat(guest.end(COMMAND)).isEqualTo(Ending.CRASHED);
            assertThat(guest.console()).contains("sysrq triggered crash");
            assertThat(guest.report()).hasValueSatisfying(r -> assertThat(r).contains("RIP e033:"));
        }
    }

    /** Time stamps, random numbers and all: instructions are counted exactly by each engine. */
    @Test
    void repeatsExactlyInCountedTimeOnEachEngine() {
        String first = counted(3, EngineKind.INTERPRETER);
        assertThat(first).contains("bytes: ");
        assertThat(counted(3, EngineKind.TRANSLATOR)).isEqualTo(first);
    }

    private String counted(long seed, EngineKind engine) {
        List<GuestSession.Reply> script =
                List.of(
                        new GuestSession.Reply(PROMPT, "head -c 16 /dev/urandom | md5sum"),
                        new GuestSession.Reply(PROMPT, "date; cat /proc/uptime /proc/interrupts"),
                        new GuestSession.Reply(PROMPT, "echo bytes: $(dmesg | wc -c)"),
                        new GuestSession.Reply(PROMPT, "poweroff -f"));
        try (GuestSession guest =
                GuestSession.start(setup.counted(script).seeded(seed).on(engine))) {
            assertThat(guest.end(BOOT)).isEqualTo(Ending.POWERED_OFF);
            return guest.console();
        }
    }

    /** The command itself, with its standard input as the keyboard. */
    @Test
    void theCommandTellsOfACrash() {
        String typed = "echo seen $((6 * 7)); echo c > /proc/sysrq-trigger\n";
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status =
                Main.run(
                        new String[] {"run", "--time", "virtual", "--timeout", "3m"},
                        new Streams(
                                new ByteArrayInputStream(typed.getBytes(StandardCharsets.US_ASCII)),
                                new PrintStream(out, true, StandardCharsets.UTF_8),
                                new PrintStream(err, true, StandardCharsets.UTF_8)));
        String said = err.toString(StandardCharsets.UTF_8);
        assertThat(out.toString(StandardCharsets.UTF_8)).as(said).contains("\nseen 42");
        assertThat(said).contains("the guest crashed", "RIP e033:").doesNotContain("\tat ");
        assertThat(status).isEqualTo(ExitStatus.CRASHED);
    }
}
