package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import xenolith.machine.engine.EngineKind;

/** The command line from end to end: what it answers to bad input, and how guests end. */
class MainTest {
    @TempDir private Path folder = Path.of(".");

    private String out = "";
    private String err = "";

    private String typed = "";

    private int run(String... args) {
        ByteArrayOutputStream o = new ByteArrayOutputStream();
        ByteArrayOutputStream e = new ByteArrayOutputStream();
        int status =
                Main.run(
                        args,
                        new Streams(
                                new ByteArrayInputStream(typed.getBytes(StandardCharsets.US_ASCII)),
                                new PrintStream(o, true, StandardCharsets.UTF_8),
                                new PrintStream(e, true, StandardCharsets.UTF_8)));
        out = o.toString(StandardCharsets.UTF_8);
        err = e.toString(StandardCharsets.UTF_8);
        assertThat(err).doesNotContain("\tat ").doesNotContain("defect");
        return status;
    }

    private void succeeds(String... args) {
        int status = run(args);
        assertThat(status).as("%s", err).isZero();
    }

    private int boot(TinyKernel kernel, String... more) throws IOException {
        Path file = kernel.write(folder.resolve("kernel"));
        String[] args =
                new String[] {
                    "run", "--memory", "8", "--timeout", "2m", "--kernel", file.toString()
                };
        int status = run(concat(args, more));
        assertThat(err).startsWith("xenolith ");
        return status;
    }

    private static String[] concat(String[] a, String[] b) {
        String[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    private void refused(String sentence, String... args) {
        assertThat(run(args)).isEqualTo(1);
        assertThat(err).startsWith("xenolith: ").contains(sentence);
        assertThat(out).isEmpty();
    }

    @Test
    void badRequestsAreSentences() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "this is no kernel");
        Path kernel = new TinyKernel().shutdown(0).write(folder.resolve("k"));
        String k = kernel.toString();
        refused("There is no kernel /nowhere.", "run", "--kernel", "/nowhere");
        refused("neither an ELF file nor a bzImage", "run", "--kernel", text.toString());
        refused("There is no ramdisk /no", "run", "--kernel", k, "--ramdisk", "/no");
        refused("--memory is 0", "run", "--kernel", k, "--memory", "0");
        refused("--memory is -3", "run", "--kernel", k, "--memory", "-3");
        refused("this machine has only", "run", "--kernel", k, "--memory", "99999999");
        refused("is truncated", "run", "--kernel", truncated(kernel).toString());
        refused("there is no such file", "run", "/nowhere.cfg");
        refused("Unknown option", "run", "--nothing");
        refused("not a duration", "run", "--timeout", "soon");
        refused("'much' is not a", "run", "--memory", "much");
        refused("Missing required parameter", "run", "--kernel");
        refused("Unmatched argument", "walk");
        refused("There is no /nowhere.", "test", "/nowhere");
        refused("no file *.cfg", "test", Files.createDirectory(folder.resolve("d")).toString());
    }

    private Path truncated(Path kernel) throws IOException {
        return Files.write(
                folder.resolve("truncated"), Arrays.copyOf(Files.readAllBytes(kernel), 0x1004));
    }

    @Test
    void badConfigurationsNameThePlace() throws IOException {
        Path cfg = folder.resolve("g.cfg");
        Files.writeString(cfg, "kernel = 'k'\nmemory = -1\n");
        refused(cfg + ":2:10: memory is -1", "run", cfg.toString());
        Files.writeString(cfg, "kernel = 'k\n");
        refused(cfg + ":1:10: this string has no closing", "run", cfg.toString());
        Files.writeString(cfg, "type = 'hvm'");
        refused(cfg + ":1:8: type \"hvm\" is not supported yet", "run", cfg.toString());
    }

    @Test
    void statisticsFollowARun() throws IOException {
        assertThat(boot(new TinyKernel().shutdown(0))).isZero();
        assertThat(err).doesNotContain("metaspace");
        assertThat(boot(new TinyKernel().shutdown(0), "--stats")).isZero();
        assertThat(err)
                .containsPattern("heap +[1-9][0-9]*\\.[0-9] MiB used")
                .containsPattern("metaspace +[1-9][0-9]*\\.[0-9] MiB, [1-9][0-9]* classes")
                .containsPattern("code +[1-9][0-9]*\\.[0-9] MiB compiled")
                .containsPattern("resident +[1-9][0-9]*\\.[0-9] MiB, at most [1-9]");
    }

    @Test
    void tooLittleMemorySaysHowMuchIsNeeded() throws IOException {
        Path kernel = new TinyKernel().shutdown(0).write(folder.resolve("k"));
        assertThat(run("run", "--kernel", kernel.toString(), "--memory", "1")).isEqualTo(1);
        assertThat(err).contains("1 MiB of memory is too little").contains("needs at least");
    }

    @Test
    void aGuestThatPrintsAndPowersOffGivesZero() throws IOException {
        Path log = folder.resolve("log");
        TinyKernel kernel = new TinyKernel().print("hello\r\n").shutdown(0);
        assertThat(
                        boot(
                                kernel,
                                "--console-log",
                                log.toString(),
                                "--seed",
                                "5",
                                "--engine",
                                "interpreter"))
                .isZero();
        assertThat(out).isEqualTo("hello\r\n");
        assertThat(log).hasContent("hello");
        assertThat(err.lines().findFirst().orElse(""))
                .matches("xenolith \\S+: interpreter, 8 MiB, seed 5");
    }

    @ParameterizedTest
    @EnumSource
    void aGuestRunsOnEveryEngine(EngineKind engine) throws IOException {
        TinyKernel kernel = new TinyKernel().print("hello\r\n").shutdown(0);
        assertThat(boot(kernel, "--engine", engine.toString())).isZero();
        assertThat(out).isEqualTo("hello\r\n");
        assertThat(err).contains(": " + engine + ", 8 MiB, seed ");
    }

    @Test
    void aConfigurationBootsWithItsWarnings() throws IOException {
        new TinyKernel().print("cfg").shutdown(0).write(folder.resolve("k"));
        Path cfg = folder.resolve("g.cfg");
        Files.writeString(cfg, "kernel='/x/y/k'\nmemory=8\nvtpm=['x']\n");
        succeeds("run", cfg.toString(), "--timeout", "2m");
        assertThat(out).isEqualTo("cfg");
        assertThat(err).startsWith(cfg + ":3:1: vtpm is not supported yet");
    }

    @Test
    void aDiskBootsWhatLiesBesideIt() throws IOException {
        Path disk = folder.resolve("d.img");
        Files.write(disk, new byte[1 << 16]);
        new TinyKernel().print("beside").shutdown(0).write(folder.resolve("d.img.vmlinuz"));
        Files.writeString(folder.resolve("d.img.initrd"), "");
        String[] args = {"run", "--memory", "8", "--timeout", "2m", "--disk", disk.toString()};
        succeeds(args);
        assertThat(out).isEqualTo("beside");
        assertThat(err).startsWith("Booting " + disk + " with its kernel and ramdisk beside it.");
        Path other = new TinyKernel().print("named").shutdown(0).write(folder.resolve("k"));
        succeeds(concat(args, new String[] {"--kernel", other.toString()}));
        assertThat(out).isEqualTo("named");
        String none = folder.resolve("none").toString();
        refused("The disk " + none + " does not exist", "run", "--disk", none);
    }

    @Test
    void crashesGiveTwoAndAReport() throws IOException {
        TinyKernel[] bad = {
            new TinyKernel().shutdown(3),
            new TinyKernel().code("0f0b"), // ud2 without a trap table
            new TinyKernel().code("b800000070 ffe0"), // jump to nowhere
            new TinyKernel().code("cd20"), // a vector nobody registered
            new TinyKernel().code("31e4 f4"), // hlt, with no stack
            new TinyKernel().code("eb00").code("0f3f0f3f"), // undefined
        };
        for (TinyKernel kernel : bad) {
            assertThat(boot(kernel)).isEqualTo(2);
            assertThat(err)
                    .contains("the guest crashed")
                    .containsPattern("RIP e033:00000000(00100|70000)");
        }
    }

    @Test
    void aGuestThatNeverEndsIsStopped() throws IOException {
        assertThat(boot(new TinyKernel().code("ebfe"), "--timeout", "300ms")).isEqualTo(3);
        assertThat(err).contains("the time is over");
        // blocked for ever
        TinyKernel blocked = new TinyKernel().code("b81d000000 bf01000000 0f05 ebf2");
        assertThat(boot(blocked, "--timeout", "300ms")).isEqualTo(3);
    }

    @Test
    void aGuestThatFillsTheConsoleDoesNoHarm() throws IOException {
        // out_prod runs away from what was written: nothing is believed
        TinyKernel kernel =
                new TinyKernel()
                        .code("4989f4 488d9e00200000 c7830c0c0000 ffffff7f")
                        .code("b820000000 bf04000000 498d742450 0f05")
                        .shutdown(0);
        assertThat(boot(kernel)).isZero();
        assertThat(out).isEmpty();
    }

    @Test
    void selfJudgingGuestsGiveATableAndTheWorstStatus() throws IOException {
        Path good = folder.resolve("good");
        Path bad = folder.resolve("bad");
        new TinyKernel().print("x\r\nTest result: SUCCESS\r\n").shutdown(0).write(good);
        new TinyKernel().print("Test result: FAILURE\r\n").shutdown(0).write(bad);
        Path junit = folder.resolve("report.xml");
        succeeds("test", good.toString());
        assertThat(out).contains("good").contains("1 SUCCESS");
        assertThat(run("test", "--junit", junit.toString(), good.toString(), bad.toString()))
                .isEqualTo(5);
        assertThat(out).contains("2 guests: 1 SUCCESS, 0 SKIP, 0 ERROR, 1 FAILURE, 0 CRASH");
        assertThat(junit)
                .content()
                .contains("tests=\"2\"")
                .contains("failures=\"1\"")
                .contains("<testcase name=\"good\"");
    }

    @Test
    void testsOfOtherKindsAreSkippedAndSilentOnesCrash() throws IOException {
        Path suite = Files.createDirectory(folder.resolve("suite"));
        Files.writeString(suite.resolve("a.cfg"), "type='hvm'");
        Files.writeString(suite.resolve("b.cfg"), "kernel='b';memory=8");
        new TinyKernel().shutdown(0).write(suite.resolve("b"));
        assertThat(run("test", suite.toString())).isEqualTo(6);
        assertThat(out).containsPattern("a +SKIP").containsPattern("b +CRASH");
    }

    @Test
    void whatIsTypedBeforeTheGuestStartsIsNotLost() {
        typed = "time\nhalt\n";
        int status = run("run", "--kernel", "demo", "--memory", "16", "--timeout", "2m");
        assertThat(out).contains("demo> time");
        assertThat(status).isZero();
    }

    @Test
    void helpAndDoctorTellWhatThereIs() {
        succeeds("--version");
        assertThat(out).startsWith("xenolith ");
        succeeds("help", "run");
        assertThat(out).contains("The guest crashed").contains("--console-log");
        succeeds();
        assertThat(out).contains("doctor");
        succeeds("doctor");
        assertThat(out).contains("JDK", "memory", "cache", "metaspace", "resident");
    }
}
