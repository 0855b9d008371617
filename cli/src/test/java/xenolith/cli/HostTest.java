package xenolith.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import xenolith.hypervisor.control.ControlException;
import xenolith.hypervisor.control.ShutdownReason;
import xenolith.toolstack.ToolException;
import xenolith.toolstack.config.Action;
import xenolith.toolstack.config.DomainSpec;
import xenolith.toolstack.xl.BootFiles;
import xenolith.toolstack.xl.BootLoader;
import xenolith.toolstack.xl.DomainEnd;
import xenolith.toolstack.xl.DomainEvent;
import xenolith.toolstack.xl.GuestDomain;
import xenolith.toolstack.xl.Host;
import xenolith.toolstack.xl.HostSettings;

/** A host of many domains by its Java API, with guests of a few instructions. */
class HostTest {
    /** How long a busy machine may take for what takes a moment. */
    private static final Duration WAIT = Duration.ofMinutes(2);

    private static final int REBOOT = 1;
    private static final int CRASH = 3;

    /** A jump to itself. */
    private static final String FOR_EVER = "ebfe";

    @TempDir private Path folder = Path.of(".");

    private DomainSpec spec(String name, TinyKernel kernel, Consumer<DomainSpec.Builder> more)
            throws IOException {
        Path file = kernel.write(folder.resolve(name));
        return DomainSpec.defaults()
                .with(b -> {
                    b.name = name;
                    b.uuid = new UUID(7, name.hashCode());
                    b.kernel = Optional.of(file);
                    b.memoryMib = 4;
                    b.maxMemoryMib = 4;
                    more.accept(b);
                });
    }

    private static BootFiles files(DomainSpec spec) throws ToolException {
        return BootLoader.plain().open(spec);
    }

    private static DomainEnd end(GuestDomain domain) throws Exception {
        return domain.end().get(WAIT.toSeconds(), TimeUnit.SECONDS);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + WAIT.toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(1);
        }
    }

    @Test
    void domainsRunSideBySideAndHaveNumbersOfTheirOwn() throws Exception {
        DomainSpec loops = spec("loops", new TinyKernel().code(FOR_EVER), b -> {});
        DomainSpec ends = spec("ends", new TinyKernel().print("bye").shutdown(0), b -> {});
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles f1 = files(loops);
                BootFiles f2 = files(ends)) {
            GuestDomain first = host.create(loops, f1, false);
            List<String> said = Collections.synchronizedList(new ArrayList<>());
            GuestDomain second = host.create(ends, f2, true);
            second.console()
                    .attach((b, n) -> said.add(new String(b, 0, n, StandardCharsets.US_ASCII)));
            assertThat(second.report().state()).isEqualTo("--p---");
            second.unpause();
            assertThat(end(second).reason()).contains(ShutdownReason.POWEROFF);
            assertThat(String.join("", said)).isEqualTo("bye");
            assertThat(first.domid()).isEqualTo(1);
            assertThat(second.domid()).isEqualTo(-1);
            assertThat(first.report().state()).isEqualTo("r-----");
            assertThat(host.domain("loops")).contains(first);
            assertThat(host.domain("1")).contains(first);
            assertThat(host.domain("ends")).isEmpty();
            assertThat(host.audit()).isEmpty();
            assertThatThrownBy(second::pause)
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("is gone");
        }
    }

    @Test
    void aNameIsOneDomains() throws Exception {
        DomainSpec spec = spec("one", new TinyKernel().code(FOR_EVER), b -> {});
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles files = files(spec)) {
            GuestDomain domain = host.create(spec, files, false);
            assertThatThrownBy(() -> host.create(spec, files, false))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("a domain called one already");
            host.rename(domain, "two");
            assertThat(host.call(() -> host.store().read("/local/domain/1/name"))).isEqualTo("two");
            assertThatThrownBy(() -> host.create(spec, files, false))
                    .hasMessageContaining("Domain two has the UUID " + spec.uuid() + " already");
            DomainSpec other = spec.with(b -> b.uuid = new UUID(1, 2));
            GuestDomain again = host.create(other, files, false);
            assertThatThrownBy(() -> host.rename(again, "two")).hasMessageContaining("already");
            assertThatThrownBy(() -> host.rename(again, "Domain-0"))
                    .hasMessageContaining("already");
            again.destroy();
            again.destroy();
            assertThat(host.domains()).containsExactly(domain);
        }
    }

    @Test
    void nodesBelongToDomainsThatThereAre() throws Exception {
        DomainSpec one = spec("one", new TinyKernel().code(FOR_EVER), b -> {});
        Path socket = folder.resolve("xenstored");
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles f = files(one)) {
            host.openXenstore(socket);
            int domid = host.create(one, f, true).domid();
            assertThat(setPermissions(socket, "/tool\0n" + domid + "\0")).isEqualTo("OK\0");
            assertThat(setPermissions(socket, "/tool\0n0\0")).isEqualTo("OK\0");
            assertThat(setPermissions(socket, "/tool\0n5\0")).isEqualTo("ENOENT\0");
        }
    }

    /** XS_SET_PERMS of xs_wire.h: {type, request, transaction, length}, then the text. */
    private static String setPermissions(Path socket, String text) throws IOException {
        try (SocketChannel c = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                InputStream in = Channels.newInputStream(c)) {
            ByteBuffer b = ByteBuffer.allocate(16 + text.length()).order(ByteOrder.LITTLE_ENDIAN);
            b.putInt(14).putInt(0).putInt(0).putInt(text.length());
            c.write(b.put(text.getBytes(StandardCharsets.ISO_8859_1)).flip());
            ByteBuffer head = ByteBuffer.wrap(in.readNBytes(16)).order(ByteOrder.LITTLE_ENDIAN);
            return new String(in.readNBytes(head.getInt(12)), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void withoutMemoryNothingHalfBuiltRemains() throws Exception {
        DomainSpec large = spec("large", new TinyKernel().code(FOR_EVER), b -> b.memoryMib = 100);
        DomainSpec small = spec("small", new TinyKernel().shutdown(0), b -> {});
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles f1 = files(large);
                BootFiles f2 = files(small)) {
            long free = host.freeMib();
            assertThatThrownBy(() -> host.create(large, f1, false))
                    .isInstanceOf(ControlException.class)
                    .hasMessageContaining("No memory");
            assertThat(host.domains()).isEmpty();
            assertThat(host.freeMib()).isEqualTo(free);
            assertThat(host.call(() -> host.store().directory("/local/domain")))
                    .containsExactly("0");
            assertThat(host.audit()).isEmpty();
            assertThat(end(host.create(small, f2, false)).reason())
                    .contains(ShutdownReason.POWEROFF);
        }
    }

    @Test
    void aRebootIsANewLifeWithANewNumber() throws Exception {
        DomainSpec spec = spec("again", new TinyKernel().shutdown(REBOOT), b -> {});
        List<DomainEvent> events = Collections.synchronizedList(new ArrayList<>());
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles files = files(spec)) {
            host.listen(events::add);
            GuestDomain domain = host.create(spec, files, false);
            await(() -> domain.domid() >= 4);
            domain.destroy();
            assertThat(end(domain).reason()).isEmpty();
        }
        assertThat(events.stream().map(DomainEvent::kind).limit(5))
                .containsExactly(
                        DomainEvent.Kind.BUILT,
                        DomainEvent.Kind.SHUTDOWN,
                        DomainEvent.Kind.ENDING,
                        DomainEvent.Kind.ENDED,
                        DomainEvent.Kind.BUILT);
        assertThat(events.getLast().kind()).isEqualTo(DomainEvent.Kind.DESTROYED);
    }

    @Test
    void aPreservedDomainStaysAsItDied() throws Exception {
        DomainSpec spec =
                spec("dead", new TinyKernel().shutdown(CRASH), b -> b.onCrash = Action.PRESERVE);
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles files = files(spec)) {
            GuestDomain domain = host.create(spec, files, false);
            DomainEnd end = end(domain);
            assertThat(end.reason()).contains(ShutdownReason.CRASH);
            assertThat(end.report().orElse("")).contains("RIP e033:");
            assertThat(domain.report().state()).isEqualTo("---sc-");
            domain.destroy();
            assertThat(host.domains()).isEmpty();
            assertThat(host.audit()).isEmpty();
        }
    }

    @Test
    void renameRestartKeepsTheDeadUnderAnotherName() throws Exception {
        DomainSpec spec =
                spec(
                        "phoenix",
                        new TinyKernel().shutdown(CRASH),
                        b -> b.onCrash = Action.RENAME_RESTART);
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles files = files(spec)) {
            GuestDomain domain = host.create(spec, files, false);
            await(() -> host.domain("phoenix-2").isPresent());
            domain.destroy();
            assertThat(host.domain("phoenix-1").orElseThrow().report().state()).isEqualTo("---sc-");
            assertThat(host.audit()).isEmpty();
        }
    }

    @Test
    void aDefectOfAListenerStopsNobody() throws Exception {
        DomainSpec spec = spec("calm", new TinyKernel().shutdown(0), b -> {});
        try (Host host = Host.start(HostSettings.of(64, 1), List.of());
                BootFiles files = files(spec)) {
            host.listen(event -> {
                throw new IllegalStateException("on purpose");
            });
            assertThat(end(host.create(spec, files, false)).reason())
                    .contains(ShutdownReason.POWEROFF);
            assertThat(host.messages()).anyMatch(line -> line.contains("on purpose"));
        }
    }
}
