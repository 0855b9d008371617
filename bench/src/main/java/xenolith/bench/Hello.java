package xenolith.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import xenolith.machine.engine.EngineKind;
import xenolith.testkit.guests.TinyGuest;
import xenolith.testkit.run.Trial;

/**
 * How long a tiny guest takes that prints one line and powers off: from the start of {@code
 * xenolith test} to the end of its process, and in a JVM that has run it before (host, domain,
 * guest and verdict, all anew each time). The first word is the command, then options: {@code
 * --runs N} (5), {@code --warm N} (300) runs in the JVM before the measured 101, {@code --engine
 * NAME}.
 */
public final class Hello {
    private static final int MEASURED = 101;

    private Hello() {}

    /** A guest of one line; {@link TinyGuest#image} adds the verdict. */
    private record Greeting() implements TinyGuest {
        @Override
        public void body(xenolith.testkit.guests.GuestKit k) {
            k.print("hello, world\r\n");
        }
    }

    public static void main(String[] words) throws IOException {
        int runs = 5;
        int warm = 300;
        String engine = EngineKind.standard().toString();
        for (int i = 1; i + 1 < words.length; i += 2) {
            switch (words[i]) {
                case "--runs" -> runs = Integer.parseInt(words[i + 1]);
                case "--warm" -> warm = Integer.parseInt(words[i + 1]);
                case "--engine" -> engine = words[i + 1];
                default -> throw new IllegalArgumentException("There is no option " + words[i]);
            }
        }
        byte[] image = new Greeting().image();
        Path kernel = Files.createTempFile("hello", ".elf");
        kernel.toFile().deleteOnExit();
        Files.write(kernel, image);
        List<String> command = List.of(words[0], "test", "--engine", engine, kernel.toString());
        System.out.printf(Locale.ROOT, "guest of %d KiB, %s%n", image.length >> 10, engine);
        say("process start to verdict", runs, () -> process(command));
        EngineKind kind = EngineKind.valueOf(engine.toUpperCase(Locale.ROOT));
        say("first in a JVM", 1, () -> trial(image, kind));
        for (int i = 0; i < warm; i++) {
            trial(image, kind);
        }
        say("in a warm JVM", MEASURED, () -> trial(image, kind));
    }

    private static void say(String what, int runs, DoubleSupplier run) {
        List<Double> all = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            all.add(run.getAsDouble());
        }
        List<Double> sorted = all.stream().sorted().toList();
        System.out.printf(
                Locale.ROOT,
                "%-26s median of %3d: %8.2f ms (%.2f to %.2f)%n",
                what,
                runs,
                sorted.get(runs / 2),
                sorted.getFirst(),
                sorted.getLast());
    }

    private static double process(List<String> command) {
        try {
            long start = System.nanoTime();
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            int status = process.waitFor();
            double milliseconds = (System.nanoTime() - start) / 1e6;
            if (status != 0) {
                throw new IllegalStateException(command + " ended with status " + status);
            }
            return milliseconds;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static double trial(byte[] image, EngineKind kind) {
        long start = System.nanoTime();
        Trial trial = Trial.of("hello", image, Trial.Setting.of(1), kind::on);
        if (!trial.succeeded()) {
            throw new IllegalStateException(trial.describe());
        }
        return (System.nanoTime() - start) / 1e6;
    }
}
