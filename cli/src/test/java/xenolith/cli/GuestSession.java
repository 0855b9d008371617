package xenolith.cli;

import static org.assertj.core.api.Assertions.fail;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.host.HostConfig;
import xenolith.machine.engine.EngineKind;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.block.BlockKind;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.config.Position;
import xenolith.toolstack.config.Value;
import xenolith.toolstack.device.DeviceKind;
import xenolith.toolstack.net.Network;
import xenolith.toolstack.net.WayOut;
import xenolith.toolstack.netback.VifKind;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.DomainConsole;
import xenolith.toolstack.xl.DomainDump;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/**
 * A guest whose console a test reads and types on, as the tool expect does. The guest runs on a
 * thread of its own; {@link #close} ends it.
 */
final class GuestSession implements AutoCloseable {
    private static final int TAIL = 3000;

    private final StringBuilder console = new StringBuilder();
    private final Deque<Reply> replies = new ArrayDeque<>();
    private final CompletableFuture<Ending> end = new CompletableFuture<>();
    private final CompletableFuture<Host> host = new CompletableFuture<>();
    private final CompletableFuture<Foreground> run = new CompletableFuture<>();
    private final CompletableFuture<DomainConsole> keyboard = new CompletableFuture<>();
    private final Thread thread;
    private int seen;
    private int replied;

    /**
     * What is run.
     *
     * @param limit after which a guest that has not ended is stopped
     */
    record Setup(
            DomainSpec domain,
            BootFiles files,
            long seed,
            HostConfig.TimeMode time,
            EngineKind engine,
            Duration limit,
            List<Reply> replies) {
        Setup seeded(long other) {
            return new Setup(domain, files, other, time, engine, limit, replies);
        }

        /** With {@code disks}, in the syntax of xl.cfg. */
        Setup with(List<String> disks) {
            return with(b -> b.disks = texts(disks));
        }

        /** With network cards, in the syntax of xl.cfg, at a bridge without a way out. */
        Setup withCards(List<String> vifs) {
            return with(b -> b.vifs = texts(vifs));
        }

        /** With another domain. */
        Setup with(Consumer<DomainSpec.Builder> change) {
            return new Setup(domain.with(change), files, seed, time, engine, limit, replies);
        }

        private static List<Value.Text> texts(List<String> words) {
            return words.stream()
                    .map(w -> new Value.Text(new Position("the test", 1, 1), w))
                    .toList();
        }

        /** On {@code other}. */
        Setup on(EngineKind other) {
            return new Setup(domain, files, seed, time, other, limit, replies);
        }

        /**
         * In counted time, with all input given beforehand, so that it comes at the same moment of
         * each run.
         */
        Setup counted(List<Reply> script) {
            return new Setup(
                    domain, files, seed, HostConfig.TimeMode.VIRTUAL, engine, limit, script);
        }
    }

    /** {@code line} is typed when the guest has printed {@code text}, each after the one before. */
    record Reply(String text, String line) {}

    private GuestSession(Setup setup) {
        replies.addAll(setup.replies());
        thread = new Thread(() -> live(setup), "guest");
        thread.setDaemon(true);
    }

    static GuestSession start(Setup setup) {
        GuestSession session = new GuestSession(setup);
        session.thread.start();
        return session;
    }

    private void live(Setup setup) {
        long memory = setup.domain().memoryMib();
        HostSettings settings =
                new HostSettings(
                        memory,
                        setup.seed(),
                        setup.time(),
                        setup.engine(),
                        Set.of(),
                        false,
                        line -> {});
        try (Host embedded = Host.start(settings, kinds())) {
            GuestDomain domain = embedded.create(setup.domain(), setup.files(), true);
            Foreground guest = new Foreground(domain);
            keyboard.complete(domain.console());
            domain.console().attach(this::print);
            host.complete(embedded);
            run.complete(guest);
            end.complete(guest.await(System.nanoTime() + setup.limit().toNanos()));
        } catch (ToolException | ControlException | RuntimeException | Error e) {
            end.completeExceptionally(e);
        } finally {
            synchronized (console) {
                console.notifyAll();
            }
        }
    }

    private static List<DeviceKind> kinds() throws ToolException {
        List<Network.Plan> bridges =
                List.of(new Network.Plan(Network.DEFAULT_BRIDGE, new WayOut.None()));
        Network network = new Network(bridges, new Random(1), true, line -> {});
        return List.of(new BlockKind(line -> {}), new VifKind(network, line -> {}));
    }

    private void print(byte[] bytes, int length) {
        synchronized (console) {
            console.append(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
            console.notifyAll();
            Reply next = replies.peek();
            int at = next == null ? -1 : console.indexOf(next.text(), replied);
            if (next != null && at >= 0) {
                replies.remove();
                replied = console.length();
                send(next.line());
            }
        }
    }

    /**
     * Waits until the guest prints {@code text}, after what was waited for before.
     *
     * @return what it printed in between
     */
    String expect(String text, Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        synchronized (console) {
            int at;
            while ((at = console.indexOf(text, seen)) < 0) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0 || end.isDone()) {
                    String why = end.isDone() ? "it has ended: " + ending() : "in " + atMost;
                    return fail("The guest did not print '%s' (%s):%n%s", text, why, tail());
                }
                await(left);
            }
            String between = console.substring(seen, at);
            seen = at + text.length();
            return between;
        }
    }

    private void await(long milliseconds) {
        try {
            console.wait(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fail("interrupted");
        }
    }

    private String ending() {
        try {
            return String.valueOf(end.join()) + run.join().report().map(r -> "\n" + r).orElse("");
        } catch (RuntimeException e) {
            return String.valueOf(e.getCause());
        }
    }

    private String tail() {
        return console.substring(Math.max(0, console.length() - TAIL));
    }

    /** Types {@code line} and the return key. */
    void send(String line) {
        keyboard.join().typeSome((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Waits for the end of the guest. */
    Ending end(Duration atMost) {
        try {
            return end.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            synchronized (console) {
                return fail("The guest did not end in %s:%n%s", atMost, tail());
            }
        } catch (ExecutionException e) {
            throw new AssertionError("The guest could not run.", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return fail("interrupted");
        }
    }

    /** What the crashed guest left behind. */
    Optional<String> report() {
        return run.join().report();
    }

    /** All that was printed so far. */
    String console() {
        synchronized (console) {
            return console.toString();
        }
    }

    /** Counts all frames from scratch, the guest standing still; answers what is wrong. */
    List<String> audit() {
        try {
            return host.join().audit();
        } catch (ToolException | ControlException e) {
            throw new AssertionError(e);
        }
    }

    /** The domain, to be asked and told what its tools do. */
    GuestDomain domain() {
        return host.join().domains().get(0);
    }

    /** Dumps the guest to {@code path}. */
    void dumpCore(Path path) throws ToolException, ControlException {
        Host h = host.join();
        DomainDump.write(h, domain(), path);
    }

    /** The node {@code path} of the host's store, or null. */
    @Nullable String node(String path) {
        try {
            return host.join().call(() -> host.join().store().read(path));
        } catch (ToolException | ControlException e) {
            throw new AssertionError(e);
        }
    }

    /** Opens the host's store at {@code path}. */
    void openXenstore(Path path) throws ToolException {
        host.join().openXenstore(path);
    }

    @Override
    public void close() {
        @Nullable Foreground guest = run.getNow(null);
        if (guest != null && !end.isDone()) {
            guest.leave();
        }
        try {
            thread.join(Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
