package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Transactions: what they see, what conflicts, what they tell. */
class TransactionTest {
    private final Store store = new Store();
    private final Connection tool = new Connection(store);
    private final Connection guest = store.introduce(1);

    @BeforeEach
    void writeTree() {
        store.write("/g", "", "n1");
        store.write("/g/a", "1", "n1");
        store.write("/g/b", "1", "n1");
    }

    private static int start(Connection c) {
        String id = Clients.ask(c, Message.TRANSACTION_START, 0, "\0").get(0);
        return Integer.parseInt(id.replace("|", ""));
    }

    private static String one(List<String> answers) {
        assertThat(answers).hasSize(1);
        return answers.get(0);
    }

    private static String write(Connection c, int tx, String path, String value) {
        return one(Clients.ask(c, Message.WRITE, tx, path + "\0" + value));
    }

    private static String read(Connection c, int tx, String path) {
        return one(Clients.ask(c, Message.READ, tx, path + "\0"));
    }

    private static String rm(Connection c, int tx, String path) {
        return one(Clients.ask(c, Message.RM, tx, path + "\0"));
    }

    private static String end(Connection c, int tx) {
        return one(Clients.ask(c, Message.TRANSACTION_END, tx, "T\0"));
    }

    @Test
    void aNodeIsTakenWhenItIsFirstLookedAt() {
        int tx = start(guest);
        store.write("/g/a", "2");
        assertThat(read(guest, tx, "/g/a")).isEqualTo("2");
        assertThat(end(guest, tx)).isEqualTo("OK|");
    }

    @Test
    void whatWasReadMustNotHaveChanged() {
        int tx = start(guest);
        read(guest, tx, "/g/a");
        store.write("/g/a", "1");
        assertThat(read(guest, tx, "/g/a")).isEqualTo("1");
        assertThat(end(guest, tx)).isEqualTo("error EAGAIN");
    }

    @Test
    void whatWasNotThereMustNotBeThere() {
        int tx = start(guest);
        assertThat(read(guest, tx, "/g/c")).isEqualTo("error ENOENT");
        store.write("/g/c", "1");
        assertThat(end(guest, tx)).isEqualTo("error EAGAIN");
    }

    @Test
    void whatWasReadMustNotBeGone() {
        int tx = start(guest);
        read(guest, tx, "/g/a");
        store.remove("/g/a");
        assertThat(end(guest, tx)).isEqualTo("error EAGAIN");
    }

    @Test
    void twoThatMakeChildrenOfOneNodeConflict() {
        int one = start(guest);
        int two = start(tool);
        write(guest, one, "/g/c", "1");
        write(tool, two, "/g/d", "1");
        assertThat(end(guest, one)).isEqualTo("OK|");
        assertThat(end(tool, two)).isEqualTo("error EAGAIN");
        assertThat(store.directory("/g")).containsExactly("a", "b", "c");
    }

    @Test
    void twoOfDifferentNodesDoNotConflict() {
        int one = start(guest);
        int two = start(guest);
        write(guest, one, "/g/a", "one");
        write(guest, two, "/g/b", "two");
        assertThat(end(guest, one)).isEqualTo("OK|");
        assertThat(end(guest, two)).isEqualTo("OK|");
        assertThat(store.read("/g/a") + store.read("/g/b")).isEqualTo("onetwo");
    }

    @Test
    void changedPermissionsConflictToo() {
        int tx = start(guest);
        read(guest, tx, "/g/a");
        store.permit("/g/a", "n1", "r2");
        assertThat(end(guest, tx)).isEqualTo("error EAGAIN");
    }

    @Test
    void whatIsMadeAndRemovedWithinIsNoChange() {
        int tx = start(guest);
        write(guest, tx, "/g/t/u", "1");
        assertThat(Clients.ask(guest, Message.DIRECTORY, tx, "/g\0")).containsExactly("a|b|t|");
        assertThat(rm(guest, tx, "/g/t")).isEqualTo("OK|");
        assertThat(read(guest, tx, "/g/t")).isEqualTo("error ENOENT");
        assertThat(end(guest, tx)).isEqualTo("OK|");
        assertThat(store.directory("/g")).containsExactly("a", "b");
        assertThat(store.check()).isEmpty();
    }

    @Test
    void removedSubtreesComeBackWhenItFails() {
        write(guest, 0, "/g/t/u", "1");
        int tx = start(guest);
        rm(guest, tx, "/g/t");
        assertThat(store.read("/g/t/u")).isEqualTo("1");
        store.write("/g/t/v", "2");
        assertThat(end(guest, tx)).isEqualTo("error EAGAIN");
        assertThat(store.directory("/g/t")).containsExactly("u", "v");
        assertThat(store.check()).isEmpty();
    }

    @Test
    void watchesAreToldAtTheEndOnceForEachNode() {
        Clients.ask(tool, Message.WATCH, 0, "/g\0t\0");
        int tx = start(guest);
        write(guest, tx, "/g/a", "2");
        write(guest, tx, "/g/a", "3");
        rm(guest, tx, "/g/b");
        write(guest, tx, "/g/x/y", "1");
        assertThat(Clients.all(tool)).isEmpty();
        end(guest, tx);
        assertThat(Clients.all(tool))
                .containsExactly("event /g/a|t|", "event /g/b|t|", "event /g/x/y|t|");
    }

    @Test
    void onesThatFailTellNothing() {
        Clients.ask(tool, Message.WATCH, 0, "/g\0t\0");
        int tx = start(guest);
        write(guest, tx, "/g/a", "2");
        assertThat(Clients.ask(guest, Message.TRANSACTION_END, tx, "F\0")).containsExactly("OK|");
        assertThat(Clients.all(tool)).isEmpty();
    }

    @Test
    void idsAreEachClientsOwn() {
        int tx = start(guest);
        assertThat(read(tool, tx, "/g/a")).isEqualTo("error ENOENT");
        assertThat(Clients.ask(guest, Message.TRANSACTION_START, tx, "\0"))
                .containsExactly("error EBUSY");
        assertThat(Clients.ask(guest, Message.TRANSACTION_START, 77, "\0"))
                .containsExactly("error ENOENT");
        assertThat(Clients.ask(guest, Message.TRANSACTION_END, 0, "T\0"))
                .containsExactly("error ENOENT");
        assertThat(Clients.ask(guest, Message.TRANSACTION_END, tx, "X\0"))
                .containsExactly("error EINVAL");
        assertThat(end(guest, tx)).isEqualTo("OK|");
        assertThat(end(guest, tx)).isEqualTo("error ENOENT");
    }

    @Test
    void aResetEndsThem() {
        int tx = start(guest);
        write(guest, tx, "/g/a", "2");
        assertThat(Clients.ask(guest, Message.RESET_WATCHES, 0, "\0")).containsExactly("OK|");
        assertThat(end(guest, tx)).isEqualTo("error ENOENT");
        assertThat(store.read("/g/a")).isEqualTo("1");
    }

    @Test
    void manyAtOnceDoNotLoseUpdates() {
        store.write("/g/a", "0");
        int done = 0;
        for (int round = 0; round < 50; round++) {
            int one = start(guest);
            int two = start(tool);
            for (Connection c : List.of(guest, tool)) {
                int tx = c.equals(guest) ? one : two;
                int value = Integer.parseInt(read(c, tx, "/g/a"));
                write(c, tx, "/g/a", Integer.toString(value + 1));
            }
            done += end(guest, one).equals("OK|") ? 1 : 0;
            done += end(tool, two).equals("OK|") ? 1 : 0;
        }
        assertThat(store.read("/g/a")).isEqualTo(Integer.toString(done));
        assertThat(done).isEqualTo(50);
    }
}
