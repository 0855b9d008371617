package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a domain may ask of the store and what it is answered. */
class ConnectionTest {
    private final Store store = new Store();
    private final Connection guest = store.introduce(1);
    private final Connection other = store.introduce(2);

    @BeforeEach
    void writeTree() {
        InitialTree.writeHost(store);
        UUID uuid = UUID.fromString("11111111-2222-3333-4444-555555555555");
        InitialTree.writeDomain(
                store,
                new InitialTree.Facts(
                        1, "d2", uuid, 1, 2, 262144, 262144, 99, 2, 98, 1, "/k", "/r", "x=1",
                        "1.00"));
    }

    private String ask(Connection c, int type, int tx, String... words) {
        c.serve(
                new Message(
                        type,
                        42,
                        tx,
                        String.join("\0", words).getBytes(StandardCharsets.ISO_8859_1)));
        Message m = next(c);
        assertThat(m.requestId()).isEqualTo(42);
        String text = new String(m.payload(), StandardCharsets.ISO_8859_1);
        if (m.type() == Message.ERROR) {
            return "error " + text.replace("\0", "");
        }
        assertThat(m.type()).isEqualTo(type);
        return text.replace('\0', '|');
    }

    private static Message next(Connection c) {
        for (Message m; (m = Clients.fetch(c)) != null; ) {
            if (m.type() != Message.WATCH_EVENT) {
                return m;
            }
        }
        throw new AssertionError("no reply");
    }

    private static List<String> events(Connection c) {
        List<String> events = new ArrayList<>();
        for (Message m; (m = Clients.fetch(c)) != null; ) {
            assertThat(m.type()).isEqualTo(Message.WATCH_EVENT);
            events.add(new String(m.payload(), StandardCharsets.ISO_8859_1).replace('\0', '|'));
        }
        return events;
    }

    private String read(String path) {
        return ask(guest, Message.READ, 0, path, "");
    }

    private String write(int tx, String path, String value) {
        return ask(guest, Message.WRITE, tx, path, value);
    }

    @Test
    void pathsAreRelativeToTheDomainsHome() {
        assertThat(read("domid")).isEqualTo("1");
        assertThat(read("/local/domain/1/domid")).isEqualTo("1");
        assertThat(read("memory/target")).isEqualTo("262144");
        assertThat(read("vm")).isEqualTo("/vm/11111111-2222-3333-4444-555555555555");
        assertThat(read("cpu/1/availability")).isEqualTo("offline");
        assertThat(ask(guest, Message.GET_DOMAIN_PATH, 0, "1", "")).isEqualTo("/local/domain/1|");
    }

    @Test
    void directoriesListInOrderOfMaking() {
        assertThat(ask(guest, Message.DIRECTORY, 0, "control", ""))
                .isEqualTo(
                        "shutdown|feature-poweroff|feature-reboot|feature-suspend|sysrq|"
                                + "platform-feature-multiprocessor-suspend|"
                                + "platform-feature-xs_reset_watches|");
        assertThat(ask(guest, Message.DIRECTORY, 0, "domid", "")).isEmpty();
        assertThat(ask(guest, Message.DIRECTORY_PART, 0, "memory", "0", ""))
                .endsWith("|static-max|target|videoram||");
        assertThat(ask(guest, Message.DIRECTORY_PART, 0, "memory", "11", ""))
                .endsWith("|target|videoram||");
    }

    @Test
    void aGuestWritesOnlyWhatIsItsOwn() {
        assertThat(write(0, "control/feature-poweroff", "1")).isEqualTo("OK|");
        assertThat(read("control/feature-poweroff")).isEqualTo("1");
        assertThat(write(0, "domid", "0")).isEqualTo("error EACCES");
        assertThat(write(0, "/local/domain/0/name", "x")).isEqualTo("error EACCES");
        assertThat(read("/local/domain/0/name")).isEqualTo("error EACCES");
        assertThat(read("nothing")).isEqualTo("error ENOENT");
        assertThat(read("/local/domain/0/nothing")).isEqualTo("error EACCES");
        assertThat(ask(other, Message.READ, 0, "/local/domain/1/domid", ""))
                .isEqualTo("error EACCES");
        assertThat(write(0, "data/a/b/c", "v")).isEqualTo("OK|");
        assertThat(ask(guest, Message.GET_PERMS, 0, "data/a/b", "")).isEqualTo("n1|");
        assertThat(ask(guest, Message.GET_PERMS, 0, "name", "")).isEqualTo("n0|r1|");
        assertThat(ask(other, Message.READ, 0, "/local/domain/1/data/a", ""))
                .isEqualTo("error EACCES");
        assertThat(ask(guest, Message.SET_PERMS, 0, "data/a", "n1", "r2", "")).isEqualTo("OK|");
        assertThat(ask(other, Message.READ, 0, "/local/domain/1/data/a", "")).isEmpty();
        assertThat(ask(guest, Message.SET_PERMS, 0, "name", "n1", "")).isEqualTo("error EACCES");
        assertThat(ask(guest, Message.SET_PERMS, 0, "data", "n2", "")).isEqualTo("error EPERM");
        assertThat(ask(guest, Message.SET_PERMS, 0, "data", "q1", "")).isEqualTo("error EINVAL");
    }

    @Test
    void nodesAreMadeAndRemoved() {
        assertThat(ask(guest, Message.MKDIR, 0, "data/x/y", "")).isEqualTo("OK|");
        assertThat(ask(guest, Message.MKDIR, 0, "data/x/y", "")).isEqualTo("OK|");
        assertThat(ask(guest, Message.DIRECTORY, 0, "data", "")).isEqualTo("x|");
        assertThat(ask(guest, Message.RM, 0, "data/x", "")).isEqualTo("OK|");
        assertThat(read("data/x/y")).isEqualTo("error ENOENT");
        assertThat(ask(guest, Message.RM, 0, "data/x", "")).isEqualTo("OK|");
        assertThat(ask(guest, Message.RM, 0, "data/x/y/z", "")).isEqualTo("error ENOENT");
        assertThat(ask(guest, Message.RM, 0, "domid", "")).isEqualTo("error EACCES");
        assertThat(ask(guest, Message.RM, 0, "/", "")).isEqualTo("error EACCES");
    }

    @Test
    void malformedRequestsAreEinval() {
        for (String bad : new String[] {"", "a//b", "a/", "a b", "a\u00e9", "x".repeat(2049)}) {
            assertThat(read(bad)).isEqualTo("error EINVAL");
        }
        guest.serve(new Message(Message.READ, 42, 0, "domid".getBytes(StandardCharsets.UTF_8)));
        assertThat(next(guest).type()).isEqualTo(Message.ERROR);
        assertThat(ask(guest, 77, 0, "x", "")).isEqualTo("error ENOSYS");
        assertThat(ask(guest, Message.INTRODUCE, 0, "1", "2", "3", "")).isEqualTo("error EACCES");
        assertThat(ask(guest, Message.WATCH, 0, "x", "")).isEqualTo("error EINVAL");
    }

    @Test
    void watchesFireAtOnceAndOnChangesBelow() {
        assertThat(ask(guest, Message.WATCH, 0, "control/shutdown", "tok", "")).isEqualTo("OK|");
        assertThat(events(guest)).containsExactly("control/shutdown|tok|");
        store.write("/local/domain/1/control/shutdown", "poweroff");
        assertThat(events(guest)).containsExactly("control/shutdown|tok|");
        assertThat(read("control/shutdown")).isEqualTo("poweroff");
        assertThat(ask(guest, Message.WATCH, 0, "control/shutdown", "tok", ""))
                .isEqualTo("error EEXIST");
        assertThat(ask(guest, Message.WATCH, 0, "/local/domain/1/device", "d", ""))
                .isEqualTo("OK|");
        assertThat(events(guest)).containsExactly("/local/domain/1/device|d|");
        store.write("/local/domain/1/device/vbd/1/state", "1", "n1");
        assertThat(events(guest)).containsExactly("/local/domain/1/device/vbd/1/state|d|");
        assertThat(ask(guest, Message.UNWATCH, 0, "control/shutdown", "tok", "")).isEqualTo("OK|");
        store.write("/local/domain/1/control/shutdown", "reboot");
        assertThat(events(guest)).isEmpty();
        assertThat(ask(guest, Message.UNWATCH, 0, "control/shutdown", "tok", ""))
                .isEqualTo("error ENOENT");
        assertThat(ask(guest, Message.WATCH, 0, "@releaseDomain", "r", "")).isEqualTo("OK|");
        assertThat(events(guest)).containsExactly("@releaseDomain|r|");
        assertThat(ask(guest, Message.RESET_WATCHES, 0, "")).isEqualTo("OK|");
        store.write("/local/domain/1/device/vbd/1/state", "2");
        assertThat(events(guest)).isEmpty();
    }

    @Test
    void watchesFireWhenSomethingAboveIsRemoved() {
        write(0, "data/a/b", "1");
        ask(guest, Message.WATCH, 0, "data/a/b", "t", "");
        events(guest);
        store.remove("/local/domain/1/data/a");
        assertThat(events(guest)).containsExactly("data/a/b|t|");
    }

    @Test
    void changesOfSecretNodesAreNotTold() {
        ask(other, Message.WATCH, 0, "/local/domain/1/control", "t", "");
        events(other);
        store.write("/local/domain/1/control/shutdown", "poweroff");
        assertThat(events(other)).isEmpty();
    }

    private int start(Connection c) {
        String id = ask(c, Message.TRANSACTION_START, 0, "", "");
        return Integer.parseInt(id.substring(0, id.length() - 1));
    }

    @Test
    void transactionsAreSeenWholeOrNotAtAll() {
        ask(guest, Message.WATCH, 0, "data", "t", "");
        events(guest);
        int tx = start(guest);
        assertThat(write(tx, "data/a", "1")).isEqualTo("OK|");
        assertThat(ask(guest, Message.READ, tx, "data/a", "")).isEqualTo("1");
        assertThat(read("data/a")).isEqualTo("error ENOENT");
        assertThat(events(guest)).isEmpty();
        assertThat(ask(guest, Message.TRANSACTION_START, tx, "", "")).isEqualTo("error EBUSY");
        guest.serve(new Message(Message.TRANSACTION_END, 42, tx, new byte[] {'T', 0}));
        List<String> replies = new ArrayList<>();
        for (Message m; (m = Clients.fetch(guest)) != null; ) {
            replies.add(m.type() + new String(m.payload(), StandardCharsets.ISO_8859_1));
        }
        assertThat(replies).containsExactlyInAnyOrder("7OK\0", "15data/a\0t\0");
        assertThat(read("data/a")).isEqualTo("1");
        assertThat(ask(guest, Message.TRANSACTION_END, tx, "T", "")).isEqualTo("error ENOENT");
    }

    @Test
    void abandonedTransactionsLeaveNothing() {
        int tx = start(guest);
        write(tx, "data/a", "1");
        assertThat(ask(guest, Message.TRANSACTION_END, tx, "F", "")).isEqualTo("OK|");
        assertThat(read("data/a")).isEqualTo("error ENOENT");
        assertThat(ask(guest, Message.TRANSACTION_END, tx, "X", "")).isEqualTo("error EINVAL");
        assertThat(ask(guest, Message.READ, 99, "domid", "")).isEqualTo("error ENOENT");
    }

    @Test
    void conflictingTransactionsAreTriedAgain() {
        write(0, "data/a", "1");
        write(0, "data/b", "1");
        int tx = start(guest);
        assertThat(ask(guest, Message.READ, tx, "data/a", "")).isEqualTo("1");
        write(tx, "data/b", "2");
        write(0, "data/a", "9");
        assertThat(ask(guest, Message.TRANSACTION_END, tx, "T", "")).isEqualTo("error EAGAIN");
        assertThat(read("data/b")).isEqualTo("1");
    }

    @Test
    void unrelatedChangesAreNoConflict() {
        write(0, "data/a", "1");
        write(0, "data/b", "1");
        int tx = start(guest);
        write(tx, "data/b", "2");
        write(0, "data/a", "9");
        assertThat(ask(guest, Message.TRANSACTION_END, tx, "T", "")).isEqualTo("OK|");
        assertThat(read("data/a")).isEqualTo("9");
        assertThat(read("data/b")).isEqualTo("2");
    }

    @Test
    void aGuestCannotFillTheHost() {
        String answer = "";
        for (int i = 0; i < 2000 && !answer.startsWith("error"); i++) {
            answer = write(0, "data/n" + i, "x");
        }
        assertThat(answer).isEqualTo("error ENOSPC");
        assertThat(write(0, "data", "x".repeat(3000))).isEqualTo("error ENOSPC");
        for (int i = 0; i < 11; i++) {
            start(guest);
        }
        assertThat(ask(guest, Message.TRANSACTION_START, 0, "", "")).isEqualTo("error ENOSPC");
    }

    @Test
    void aDomainsTreeGoesWithIt() {
        InitialTree.removeDomain(store, 1, UUID.fromString("11111111-2222-3333-4444-555555555555"));
        assertThat(store.read("/local/domain/1")).isNull();
        assertThat(store.directory("/vm")).isEmpty();
    }
}
