package xenolith.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import xenolith.toolstack.ToolException;

/**
 * The programs of {@code bench/guest}, run by the bare processor, by QEMU's software processor, by
 * Xenolith and, on request, by a PV guest of real Xen in QEMU, with the same kernel and ramdisk, in
 * turn. Each row runs twice in one boot; the second time counts, for all. Times are those of the
 * guest's own clock.
 */
public final class Suite {
    private static final String LINE =
            "rdinit=/suite/init mitigations=off nowatchdog cryptomgr.notests quiet loglevel=1 panic=-1";

    private final Path house;
    private final SuiteOptions options;
    private final SuiteFiles files;

    private Suite(Path house, SuiteOptions options) {
        this.house = house;
        this.options = options;
        this.files = new SuiteFiles(house);
    }

    /** The first word is the folder of the project, the others are options. */
    public static void main(String[] words) throws Exception {
        List<String> rest = Arrays.asList(words).subList(1, words.length);
        if (rest.contains("--help") || rest.contains("-h")) {
            System.out.printf(Locale.ROOT, SuiteOptions.HELP, SuiteOptions.CPU);
            return;
        }
        try {
            System.exit(new Suite(Path.of(words[0]), new SuiteOptions(rest)).run() ? 0 : 1);
        } catch (IllegalArgumentException | IOException | ToolException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /** Whether all check values were equal. */
    private boolean run() throws IOException, InterruptedException, ToolException {
        List<Row> rows = options.rows(files.table());
        List<Rival> rivals = rivals(rows);
        int runs = options.number("runs", 3);
        Tally tally = new Tally(options.time());
        List<String> names =
                Stream.concat(Stream.of(SuiteRun.BOOT), rows.stream().map(Row::name)).toList();
        SuiteTable table = table(tally, names, rivals);
        for (int i = 1; i <= runs; i++) {
            for (Rival rival : rivals) {
                String heading = String.format(Locale.ROOT, "%2d %-9s", i, rival.name());
                SuiteRun.Report run =
                        SuiteRun.of(
                                rival,
                                rows,
                                options.number("most", 60),
                                (row, o) -> System.err.println(heading + progress(row, o)));
                if (rival.name().equals(Rival.NATIVE)) {
                    run.outcomes().remove(SuiteRun.BOOT);
                } else {
                    run.beyondMib().ifPresent(m -> tally.addMemory(rival.name(), m));
                }
                tally.add(rival.name(), run.outcomes());
            }
            table = table(tally, names, rivals);
        }
        String text = table.markdown();
        System.out.print(text);
        if (options.given("output")) {
            Files.writeString(Path.of(options.text("output", "")), text);
        }
        return table.equal();
    }

    private static SuiteTable table(Tally tally, List<String> names, List<Rival> rivals) {
        return new SuiteTable(tally, names, rivals.stream().map(Rival::name).toList());
    }

    private static String progress(String row, Outcome outcome) {
        return switch (outcome) {
            case Outcome.Measured(String check, long ns, long cpu) ->
                    String.format(
                            Locale.ROOT,
                            " %-9s %8.3f s  cpu %8.3f s  %s",
                            row,
                            ns / 1e9,
                            cpu / 1e9,
                            check);
            case Outcome.Late() -> String.format(Locale.ROOT, " %-9s  timeout", row);
            case Outcome.Bad(String why) -> String.format(Locale.ROOT, " %-9s  %s", row, why);
        };
    }

    private List<Rival> rivals(List<Row> rows)
            throws IOException, InterruptedException, ToolException {
        int turns = options.number("turns", 2);
        int most = options.number("most", 60);
        Set<String> wanted = options.rivals();
        List<Rival> rivals = new ArrayList<>();
        if (wanted.contains(Rival.NATIVE)) {
            rivals.add(bare(files.tree(rows, turns, most)));
        }
        if (wanted.equals(Set.of(Rival.NATIVE))) {
            return rivals;
        }
        Path archive = files.ramdisk(rows, turns, most);
        String ramdisk = archive.toString();
        String kernel =
                options.given("kernel") ? options.text("kernel", "") : files.kernel().toString();
        if (wanted.contains(Rival.TCG)) {
            rivals.add(tcg(kernel, ramdisk));
        }
        if (wanted.contains(Rival.XENOLITH)) {
            String command = options.text("xenolith", house.resolve("xenolith").toString());
            rivals.add(xenolith(Rival.XENOLITH, command, kernel, ramdisk));
        }
        if (wanted.contains(Rival.OTHER)) {
            rivals.add(xenolith(Rival.OTHER, options.text("against", ""), kernel, ramdisk));
        }
        if (wanted.contains(Rival.XEN)) {
            rivals.add(
                    new RealXen(files)
                            .rival(
                                    Path.of(kernel),
                                    archive,
                                    "console=hvc0 " + LINE,
                                    memoryMib(),
                                    options.text("cpu", SuiteOptions.CPU)));
        }
        return rivals;
    }

    /**
     * The same files, with the ramdisk's folder as root folder: by right or by a user namespace.
     */
    private static Rival bare(Path tree) {
        List<String> inside =
                List.of("chroot", tree.toString(), "/bin/busybox", "sh", "/suite/run");
        boolean root = "root".equals(System.getProperty("user.name"));
        List<String> command =
                root ? inside : Stream.concat(Stream.of("unshare", "-r"), inside.stream()).toList();
        return new Rival(Rival.NATIVE, command, 0);
    }

    private int memoryMib() {
        return options.number("memory", 1024);
    }

    private Rival tcg(String kernel, String ramdisk) {
        return new Rival(
                Rival.TCG,
                Qemu.tcg(
                        memoryMib(),
                        kernel,
                        ramdisk,
                        "console=ttyS0 " + LINE,
                        List.of("-cpu", options.text("cpu", SuiteOptions.CPU))),
                memoryMib());
    }

    private Rival xenolith(String name, String program, String kernel, String ramdisk) {
        List<String> command =
                new ArrayList<>(
                        List.of(
                                program,
                                "run",
                                "--kernel",
                                kernel,
                                "--ramdisk",
                                ramdisk,
                                "--memory",
                                Integer.toString(memoryMib()),
                                "--append",
                                "console=hvc0 " + LINE));
        if (options.given("engine")) {
            command.add("--engine");
            command.add(options.text("engine", ""));
        }
        return new Rival(name, command, memoryMib());
    }
}
