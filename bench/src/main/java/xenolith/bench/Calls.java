package xenolith.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.zip.GZIPInputStream;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.DomainConfig;
import xenolith.hypervisor.control.DomainControl;
import xenolith.hypervisor.host.Host;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.build.KernelImage;
import xenolith.toolstack.build.PvBuilder;
import xenolith.toolstack.build.Ramdisk;
import xenolith.toolstack.build.UnpackCache;
import xenolith.toolstack.guest.Apt;
import xenolith.toolstack.guest.CacheFolder;

/**
 * Hypercalls a second of a tiny guest ({@link CallGuest}): as a domain of Xenolith, and, the same
 * image, as domain 0 of Debian's Xen 4.17 in QEMU's software processor. Each row runs several times
 * in one boot and the quickest counts, for both; times are the host's, between two lines that the
 * guest writes. The first word is the folder of the project, then options: {@code --only xenolith}
 * or {@code --only xen}, {@code --rows NAME,...}, {@code --turns N} (10), {@code --by cpu} for the
 * processes' processor time, all threads together, on a busy machine; {@code --xen FILE} for
 * another hypervisor (an unpacked multiboot file).
 */
public final class Calls {
    private static final int MIB = 128;
    private static final int TURNS = 10;
    private static final String PACKAGE = "xen-hypervisor-4.17-amd64";
    private static final String CPU = "qemu64";

    /** Turns that QEMU makes at most: it is as quick as it gets soon. */
    private static final int XEN_TURNS = 3;

    /** Nanoseconds of the quickest turn, by row. */
    private final Map<String, Long> best = new HashMap<>();

    /** How often each row has ended. */
    private final Map<String, Integer> ends = new HashMap<>();

    /** What tells the time in nanoseconds. */
    private LongSupplier clock = System::nanoTime;

    private final StringBuilder line = new StringBuilder();
    private long begin;
    private boolean done;

    private Calls() {}

    public static void main(String[] words) throws Exception {
        List<String> options = Arrays.asList(words).subList(1, words.length);
        String only = option(options, "--only");
        Calls xenolith = new Calls();
        Calls xen = new Calls();
        List<String> wanted = List.of(option(options, "--rows").split(",", -1));
        List<CallGuest.Row> rows =
                CallGuest.ROWS.stream()
                        .filter(r -> wanted.equals(List.of("")) || wanted.contains(r.name()))
                        .toList();
        String turns = option(options, "--turns");
        byte[] image =
                new CallGuest(rows, turns.isEmpty() ? TURNS : Integer.parseInt(turns)).image();
        try {
            boolean byCpu = option(options, "--by").equals("cpu");
            if (byCpu) {
                xenolith.clock = () -> cpu(ProcessHandle.current());
            }
            if (!only.equals("xen")) {
                xenolith.runInXenolith(image);
            }
            if (!only.equals("xenolith")) {
                Path house = Path.of(words[0]);
                String file = option(options, "--xen");
                Path hypervisor = file.isEmpty() ? hypervisor(house) : Path.of(file);
                xen.runInXen(image, hypervisor, house, byCpu, rows.getLast().name());
            }
        } catch (ToolException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
        System.out.print(table(rows, xenolith, xen));
    }

    private static String option(List<String> options, String name) {
        int i = options.indexOf(name);
        return i < 0 || i + 1 >= options.size() ? "" : options.get(i + 1);
    }

    private static String table(List<CallGuest.Row> rows, Calls xenolith, Calls xen) {
        StringBuilder text = new StringBuilder("| row | what is counted | Xen in TCG, a second |");
        text.append(" Xenolith, a second | ratio |\n| --- | --- | --- | --- | --- |\n");
        double product = 1;
        for (CallGuest.Row row : rows) {
            double ours = xenolith.rate(row);
            double theirs = xen.rate(row);
            product *= ours / theirs;
            text.append(
                    String.format(
                            Locale.ROOT,
                            "| %s | %s | %,.0f | %,.0f | %.1f |%n",
                            row.name(),
                            row.unit(),
                            theirs,
                            ours,
                            ours / theirs));
        }
        double mean = Math.pow(product, 1.0 / rows.size());
        return text + String.format(Locale.ROOT, "| geometric mean | | | | %.1f |%n", mean);
    }

    private static long cpu(ProcessHandle process) {
        return process.info().totalCpuDuration().map(Duration::toNanos).orElse(0L);
    }

    private double rate(CallGuest.Row row) {
        Long nanos = best.get(row.name());
        return nanos == null ? Double.NaN : row.count() * 1e9 / nanos;
    }

    // ---- reading -----------------------------------------------------------------------------

    private void read(String text) {
        long now = clock.getAsLong();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line(line.toString().strip(), now);
                line.setLength(0);
            } else {
                line.append(c);
            }
        }
    }

    private void line(String text, long now) {
        int at = text.indexOf('@');
        String[] words = at < 0 ? new String[] {""} : text.substring(at).split(" ", -1);
        switch (words[0]) {
            case "@begin" -> begin = now;
            case "@end" -> {
                best.merge(words[1], now - begin, Math::min);
                ends.merge(words[1], 1, Integer::sum);
                System.err.printf(Locale.ROOT, "%-12s %8.1f ms%n", words[1], (now - begin) / 1e6);
            }
            case "@done" -> done = true;
            case "@failed" -> throw new IllegalStateException("the guest's call failed");
            default -> {}
        }
    }

    // ---- the rivals --------------------------------------------------------------------------

    private void runInXenolith(byte[] image) throws ToolException {
        HostConfig config = HostConfig.of((MIB + 32L) << 20, 1, HostConfig.TimeMode.HOST);
        try (Host host = Host.start(config, EngineKind.standard()::on);
                KernelImage kernel = KernelImage.of(image, "calls", UnpackCache.none())) {
            long pages = (long) MIB << 8;
            DomainControl domain =
                    host.create(new DomainConfig("calls", new UUID(0, 1), 1, pages, -1));
            domain.setBootConsole(this::read);
            PvBuilder.build(domain, kernel, Ramdisk.none(), "", pages);
            host.run(domain);
            if (!done) {
                throw new IllegalStateException(
                        domain.crashReport().orElse("the guest ended early"));
            }
        } catch (ControlException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The hypervisor out of Debian's package, kept for the next time. */
    private static Path hypervisor(Path house)
            throws IOException, InterruptedException, ToolException {
        Path folder = Files.createDirectories(house.resolve("bench/target/calls"));
        Path xen = folder.resolve("xen");
        if (!Files.exists(xen)) {
            Path deb =
                    new Apt(CacheFolder.of(System.getenv()), System.err::println).download(PACKAGE);
            List<String> command =
                    List.of(
                            "sh",
                            "-c",
                            "dpkg-deb --fsys-tarfile \"$1\" |"
                                    + " tar -xO --wildcards './boot/xen-4.17*.gz' >\"$2\"",
                            "sh",
                            deb.toString(),
                            folder + "/xen.gz");
            SuiteFiles.run(command, "unpack " + PACKAGE);
            Path part = folder.resolve("xen.part");
            try (InputStream packed = Files.newInputStream(folder.resolve("xen.gz"));
                    GZIPInputStream in = new GZIPInputStream(packed);
                    OutputStream out = Files.newOutputStream(part)) {
                in.transferTo(out);
            }
            Files.move(part, xen);
            Files.delete(deb);
        }
        return xen;
    }

    private void runInXen(byte[] image, Path xen, Path house, boolean byCpu, String lastRow)
            throws IOException {
        Path guest = house.resolve("bench/target/calls/guest.elf");
        Files.createDirectories(guest.getParent());
        Files.write(guest, image);
        List<String> command =
                Qemu.tcg(
                        512,
                        xen.toString(),
                        guest.toString(),
                        "dom0_mem=%1$dM,max:%1$dM dom0_max_vcpus=1 console=com1 com1=115200,8n1"
                                .formatted(MIB),
                        List.of("-cpu", CPU));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        if (byCpu) {
            clock = () -> cpu(process.toHandle());
        }
        Thread hook = new Thread(process::destroyForcibly);
        Runtime.getRuntime().addShutdownHook(hook);
        StringBuilder all = new StringBuilder();
        try (BufferedReader in =
                new BufferedReader(
                        new InputStreamReader(
                                process.getInputStream(), StandardCharsets.ISO_8859_1))) {
            for (String text; !done && (text = in.readLine()) != null; ) {
                all.append(text).append('\n');
                line(text.strip(), clock.getAsLong());
                done |= ends.getOrDefault(lastRow, 0) == XEN_TURNS;
            }
        } finally {
            process.destroyForcibly();
            Runtime.getRuntime().removeShutdownHook(hook);
        }
        if (!done) {
            throw new IllegalStateException("QEMU stopped; its output was:\n" + all);
        }
    }
}
