package xenolith.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import xenolith.toolstack.guest.CacheFolder;
import xenolith.toolstack.guest.DebianGuest;
import xenolith.toolstack.guest.GuestException;

/**
 * How long from the start of the process to a shell's prompt, and with how much memory: {@code
 * xenolith run} and QEMU's software processor (TCG) with the same kernel, ramdisk, memory and one
 * processor, in turn, so that a change of the machine's load meets both.
 *
 * <p>Options: {@code --runs N} (5), {@code --memory MIB} (256), {@code --kernel FILE}, {@code
 * --ramdisk FILE} (unless given: Debian's kernel and busybox from the user's cache), {@code --only
 * xenolith|qemu}, {@code --most SECONDS} (300) for one boot. The first argument is the command.
 */
public final class Boot {
    private final Map<String, String> options;
    private final String command;

    private Boot(String command, Map<String, String> options) {
        this.command = command;
        this.options = options;
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (int i = 1; i + 1 < args.length; i += 2) {
            options.put(args[i], args[i + 1]);
        }
        new Boot(args[0], options).run();
    }

    private String option(String name, String otherwise) {
        return options.getOrDefault("--" + name, otherwise);
    }

    private void run() throws IOException, InterruptedException, GuestException {
        int runs = Integer.parseInt(option("runs", "5"));
        long most = Long.parseLong(option("most", "300"));
        Map<String, List<String>> commands = commands();
        Map<String, List<TimedBoot>> boots = new HashMap<>();
        for (int i = 1; i <= runs; i++) {
            for (Map.Entry<String, List<String>> e : commands.entrySet()) {
                TimedBoot b = TimedBoot.of(e.getValue(), most);
                boots.computeIfAbsent(e.getKey(), k -> new ArrayList<>()).add(b);
                System.out.printf(
                        Locale.ROOT,
                        "%2d  %-9s %7.2f s  %6.0f MiB%n",
                        i,
                        e.getKey(),
                        b.seconds(),
                        b.peakMib());
            }
        }
        report(boots);
    }

    private Map<String, List<String>> commands() throws IOException, GuestException {
        DebianGuest debian = new DebianGuest(CacheFolder.of(System.getenv()), System.err::println);
        String kernel = options.get("--kernel");
        if (kernel == null) {
            kernel = debian.kernel(DebianGuest.KERNEL_PACKAGE).toString();
        }
        String ramdisk = options.get("--ramdisk");
        if (ramdisk == null) {
            Path file = Files.createTempFile("xenolith-bench", ".cpio");
            file.toFile().deleteOnExit();
            Files.write(file, debian.ramdisk(List.of()));
            ramdisk = file.toString();
        }
        String memory = option("memory", "256");
        String line = DebianGuest.COMMAND_LINE;
        Map<String, List<String>> all = new java.util.TreeMap<>();
        all.put(
                "xenolith",
                List.of(
                        command,
                        "run",
                        "--kernel",
                        kernel,
                        "--ramdisk",
                        ramdisk,
                        "--memory",
                        memory,
                        "--append",
                        line));
        all.put(
                "qemu",
                Qemu.tcg(
                        Integer.parseInt(memory),
                        kernel,
                        ramdisk,
                        line.replaceAll("console=\\S+ ?", "") + " console=ttyS0",
                        List.of()));
        all.keySet().removeIf(n -> !option("only", n).equals(n));
        return all;
    }

    private static void report(Map<String, List<TimedBoot>> boots) {
        boots.forEach((name, list) ->
                System.out.printf(
                        Locale.ROOT,
                        "median of %d: %-9s %7.2f s  %6.0f MiB%n",
                        list.size(),
                        name,
                        seconds(list),
                        median(list.stream().map(TimedBoot::peakMib).toList())));
        List<TimedBoot> ours = boots.get("xenolith");
        List<TimedBoot> theirs = boots.get("qemu");
        if (ours != null && theirs != null) {
            System.out.printf(
                    Locale.ROOT, "xenolith / qemu: %.2f%n", seconds(ours) / seconds(theirs));
        }
    }

    private static double seconds(List<TimedBoot> list) {
        return median(list.stream().map(TimedBoot::seconds).toList());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }
}
