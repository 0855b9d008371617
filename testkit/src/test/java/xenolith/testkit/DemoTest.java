package xenolith.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.testkit.run.Trial;

class DemoTest {
    private static Trial run(String typed) {
        return Trial.of("demo", Demo.image(), Trial.Setting.of(7).typing(typed));
    }

    @Test
    void answersItsCommandsAndHalts() {
        Trial t = run("help\rmemory\revents\rtime\rnothing\rhalx\bt\r");
        assertThat(t.console())
                .as(t.describe())
                .contains("This guest has 2048 pages of 4 KiB, 8 MiB")
                .contains("0x100\t   0x")
                .contains("connected to domain 0 (this console)")
                .contains("a virtual interrupt")
                .contains("this host is up for 0 s")
                .contains("There is no such command")
                .endsWith("Good night.\r\n");
        assertThat(t.shutdown()).contains(ShutdownReason.POWEROFF);
    }

    @Test
    void crashesWithAReport() {
        Trial t = run("crash\r");
        assertThat(t.shutdown()).as(t.describe()).contains(ShutdownReason.CRASH);
        assertThat(t.crashReport().orElse("")).contains("#UD");
    }
}
