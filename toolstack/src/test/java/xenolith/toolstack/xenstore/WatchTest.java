package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which watches are told of what, and with which path. */
class WatchTest {
    private final AtomicLong now = new AtomicLong();
    private final Store store =
            new Store(
                    new StoreHost() {
                        @Override
                        public long now() {
                            return now.get();
                        }
                    });
    private final Connection guest = store.introduce(1);
    private final Connection other = store.introduce(2);

    @BeforeEach
    void writeTree() {
        store.write("/local/domain/1", "", "n0", "r1");
        store.write("/local/domain/1/d", "", "n1");
        store.write("/local/domain/1/d/a/b/c", "1");
    }

    private void watch(Connection c, String path, String token) {
        assertThat(Clients.ask(c, Message.WATCH, 0, path + "\0" + token + "\0"))
                .containsExactly("OK|", "event " + path + "|" + token + "|");
    }

    @Test
    void aRemovedTreeIsToldOnceAboveAndOnceWithin() {
        watch(guest, "d", "top");
        watch(guest, "d/a", "middle");
        watch(guest, "d/a/b/c", "leaf");
        watch(guest, "d/a/b/c/x", "missing");
        store.remove("/local/domain/1/d/a/b");
        assertThat(Clients.all(guest))
                .containsExactly("event d/a/b/c|leaf|", "event d/a/b|top|", "event d/a/b|middle|");
    }

    @Test
    void whatIsMadeIsToldWithItsOwnPathOnly() {
        watch(guest, "d/x", "x");
        watch(guest, "/", "root");
        store.write("/local/domain/1/d/x/y/z", "1");
        assertThat(Clients.all(guest))
                .containsExactly("event d/x/y/z|x|", "event /local/domain/1/d/x/y/z|root|");
    }

    @Test
    void namesThatBeginAlikeAreNotBelow() {
        watch(guest, "d/a", "t");
        store.write("/local/domain/1/d/ab", "1");
        assertThat(Clients.all(guest)).isEmpty();
    }

    @Test
    void theSameEventWaitsOnceOnly() {
        watch(guest, "d", "t");
        store.write("/local/domain/1/d/q", "1");
        store.write("/local/domain/1/d/q", "2");
        store.write("/local/domain/1/d/r", "1");
        assertThat(Clients.all(guest)).containsExactly("event d/q|t|", "event d/r|t|");
        store.write("/local/domain/1/d/q", "3");
        assertThat(Clients.all(guest)).containsExactly("event d/q|t|");
    }

    @Test
    void secretsAreNotTold() {
        watch(other, "/local/domain/1/d", "t");
        store.write("/local/domain/1/d/q", "1");
        assertThat(Clients.all(other)).isEmpty();
        store.permit("/local/domain/1/d/q", "n1", "r2");
        assertThat(Clients.all(other)).containsExactly("event /local/domain/1/d/q|t|");
        store.permit("/local/domain/1/d/q", "n1");
        assertThat(Clients.all(other))
                .as("who could read it is told that he cannot any more")
                .containsExactly("event /local/domain/1/d/q|t|");
        store.write("/local/domain/1/d/q", "2");
        assertThat(Clients.all(other)).isEmpty();
    }

    @Test
    void whoMayReadWhatIsAboveIsTold() {
        store.permit("/local/domain/1/d", "n1", "r2");
        watch(other, "/local/domain/1/d", "t");
        store.write("/local/domain/1/d/q", "1", "n1");
        assertThat(Clients.all(other)).containsExactly("event /local/domain/1/d/q|t|");
    }

    @Test
    void specialWatchesAreForThosePermitted() {
        watch(guest, "@releaseDomain", "r");
        watch(guest, "@introduceDomain", "i");
        store.introduce(3);
        store.release(3);
        assertThat(Clients.all(guest)).isEmpty();
        Connection tool = new Connection(store);
        watch(tool, "@releaseDomain", "r");
        assertThat(Clients.ask(guest, Message.SET_PERMS, 0, "@releaseDomain\0n0\0r1\0"))
                .containsExactly("error EACCES");
        assertThat(Clients.ask(tool, Message.SET_PERMS, 0, "@releaseDomain\0n0\0r1\0"))
                .containsExactly("OK|");
        store.introduce(4);
        store.shutDown(4);
        store.shutDown(4);
        assertThat(Clients.all(guest)).containsExactly("event @releaseDomain|r|");
        store.release(4);
        assertThat(Clients.all(guest)).containsExactly("event @releaseDomain|r|");
        assertThat(Clients.all(tool)).hasSize(2);
        assertThat(Clients.ask(tool, Message.SET_PERMS, 0, "@other\0n0\0"))
                .containsExactly("error EINVAL");
    }

    @Test
    void aTokenMakesTheDifference() {
        watch(guest, "d", "one");
        watch(guest, "d", "two");
        assertThat(Clients.ask(guest, Message.WATCH, 0, "d\0one\0"))
                .containsExactly("error EEXIST");
        assertThat(Clients.ask(guest, Message.WATCH, 0, "/local/domain/1/d\0one\0"))
                .containsExactly("error EEXIST");
        store.write("/local/domain/1/d", "x");
        assertThat(Clients.all(guest)).containsExactly("event d|one|", "event d|two|");
        assertThat(Clients.ask(guest, Message.UNWATCH, 0, "d\0one\0")).containsExactly("OK|");
        assertThat(Clients.ask(guest, Message.UNWATCH, 0, "d\0one\0"))
                .containsExactly("error ENOENT");
        store.write("/local/domain/1/d", "y");
        assertThat(Clients.all(guest)).containsExactly("event d|two|");
    }

    @Test
    void malformedOnesAreRefused() {
        for (String bad : new String[] {"d\0", "d\0t\0more\0", "a//b\0t\0", "\0t\0", "a b\0t\0"}) {
            assertThat(Clients.ask(guest, Message.WATCH, 0, bad)).containsExactly("error EINVAL");
        }
    }

    @Test
    void ownChangesAreToldBeforeTheReply() {
        watch(guest, "d", "t");
        assertThat(Clients.ask(guest, Message.WRITE, 0, "d/new\0x"))
                .containsExactly("event d/new|t|", "OK|");
    }

    @Test
    void eventsThatAreLeftForTooLongAreForgotten() {
        watch(guest, "d", "t");
        store.write("/local/domain/1/d/a", "1");
        now.set(Outbox.EVENT_NANOS / 2);
        store.write("/local/domain/1/d/b", "1");
        now.set(Outbox.EVENT_NANOS);
        store.expire();
        assertThat(Clients.all(guest)).containsExactly("event d/b|t|");
    }
}
