package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Domains come and go, and what that means for nodes, permissions and connections. */
class DomainsTest {
    private final Set<Integer> existing = new HashSet<>(Set.of(0, 1, 2));
    private final List<String> introductions = new ArrayList<>();
    private final Store store =
            new Store(
                    new StoreHost() {
                        @Override
                        public boolean exists(int domid) {
                            return existing.contains(domid);
                        }

                        @Override
                        public void introduce(int domid, long gfn, int port) throws XenstoreError {
                            if (!existing.contains(domid)) {
                                throw new XenstoreError(XenstoreError.Code.EINVAL);
                            }
                            introductions.add(domid + " " + gfn + " " + port);
                        }
                    });
    private final Connection tool = new Connection(store);
    private final Connection guest = store.introduce(1);

    @BeforeEach
    void writeTree() {
        store.write("/shared", "s", "n0", "r1");
        store.write("/own", "o", "n1");
    }

    private List<String> ask(int type, String payload) {
        return Clients.ask(tool, type, 0, payload);
    }

    /** Those in its own part and those elsewhere; nodes of others stay, of whatever part. */
    @Test
    void itsNodesGoWithItWhereverTheyAre() {
        store.write("/local/domain/1/data/own", "a", "n1");
        store.write("/elsewhere/deep/own", "b", "n1");
        store.write("/elsewhere/deep/own/below", "c", "n2");
        store.write("/elsewhere/other", "d", "n2");
        store.write("/local/domain/2/data/own", "e", "n2");
        store.release(1);
        assertThat(store.exists("/local/domain/1/data/own")).isFalse();
        assertThat(store.exists("/elsewhere/deep/own")).isFalse();
        assertThat(store.exists("/elsewhere/deep/own/below")).isFalse();
        assertThat(store.read("/elsewhere/other")).isEqualTo("d");
        assertThat(store.read("/local/domain/2/data/own")).isEqualTo("e");
    }

    @Test
    void aDomainOfTheSameNumberHasNoneOfItsRights() {
        store.release(1);
        assertThat(store.exists("/own")).isFalse();
        assertThat(store.permissions("/shared")).hasToString("n0,r1");
        Connection again = store.introduce(1);
        assertThat(Clients.ask(again, Message.READ, 0, "/shared\0"))
                .containsExactly("error EACCES");
        store.permit("/shared", "n0", "r1");
        assertThat(Clients.ask(again, Message.READ, 0, "/shared\0")).containsExactly("s");
        assertThat(store.check()).isEmpty();
    }

    @Test
    void staleRightsStayStaleWhenTheNodeChanges() {
        store.release(1);
        store.write("/shared", "changed");
        Connection again = store.introduce(1);
        store.write("/shared", "changed again");
        assertThat(Clients.ask(again, Message.READ, 0, "/shared\0"))
                .containsExactly("error EACCES");
    }

    @Test
    void rightsOfDomainsThatDoNotExistMeanNobody() {
        assertThat(ask(Message.SET_PERMS, "/shared\0n0\0r9\0")).containsExactly("OK|");
        existing.add(9);
        Connection late = store.introduce(9);
        assertThat(Clients.ask(late, Message.READ, 0, "/shared\0")).containsExactly("error EACCES");
        assertThat(ask(Message.SET_PERMS, "/shared\0n8\0")).containsExactly("error ENOENT");
    }

    @Test
    void aReleaseEndsWatchesAndTransactions() {
        Clients.ask(guest, Message.WATCH, 0, "/shared\0t\0");
        Clients.ask(guest, Message.TRANSACTION_START, 0, "\0");
        ask(Message.WATCH, "@releaseDomain\0r\0");
        assertThat(ask(Message.RELEASE, "1\0")).containsExactly("event @releaseDomain|r|", "OK|");
        store.write("/shared", "x");
        assertThat(Clients.all(guest)).isEmpty();
        assertThat(store.isIntroduced(1)).isFalse();
        assertThat(ask(Message.RELEASE, "1\0")).containsExactly("error ENOENT");
        assertThat(ask(Message.RELEASE, "0\0")).containsExactly("error EINVAL");
    }

    @Test
    void aFrontEndsNodesGoAndItsToolsAreTold() {
        List<String> told = new ArrayList<>();
        store.write("/front/1/state", "4", "n1");
        store.permit("/front/1", "n1");
        store.watch("/front/1/state", told::add);
        store.release(1);
        assertThat(told).containsExactly("/front/1/state", "/front/1/state");
        assertThat(store.directory("/front")).isEmpty();
    }

    @Test
    void toolsAskWhoIsIntroduced() {
        assertThat(ask(Message.IS_DOMAIN_INTRODUCED, "1\0")).containsExactly("T|");
        assertThat(ask(Message.IS_DOMAIN_INTRODUCED, "2\0")).containsExactly("F|");
        assertThat(ask(Message.IS_DOMAIN_INTRODUCED, "0\0")).containsExactly("T|");
        assertThat(ask(Message.GET_DOMAIN_PATH, "7\0")).containsExactly("/local/domain/7|");
        assertThat(ask(Message.GET_DOMAIN_PATH, "7")).containsExactly("error EINVAL");
    }

    @Test
    void anIntroductionOfAKnownDomainIsANewStart() {
        Clients.ask(guest, Message.WATCH, 0, "/shared\0t\0");
        assertThat(ask(Message.INTRODUCE, "1\0" + "99\0" + "5\0")).containsExactly("OK|");
        store.write("/shared", "x");
        assertThat(Clients.all(guest)).isEmpty();
        assertThat(ask(Message.INTRODUCE, "2\0" + "98\0" + "4\0")).containsExactly("OK|");
        assertThat(introductions).containsExactly("2 98 4");
        assertThat(ask(Message.INTRODUCE, "2\0" + "98\0" + "0\0")).containsExactly("error EINVAL");
        assertThat(ask(Message.INTRODUCE, "2\0" + "98\0")).containsExactly("error EINVAL");
        assertThat(ask(Message.INTRODUCE, "77\0" + "98\0" + "3\0")).containsExactly("error EINVAL");
        assertThatThrownBy(() -> store.introduce(1)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aDomainMayActForAnother() {
        Connection stub = store.introduce(2);
        assertThat(Clients.ask(stub, Message.READ, 0, "/own\0")).containsExactly("error EACCES");
        assertThat(ask(Message.SET_TARGET, "2\0" + "1\0")).containsExactly("OK|");
        assertThat(Clients.ask(stub, Message.READ, 0, "/own\0")).containsExactly("o");
        assertThat(Clients.ask(stub, Message.READ, 0, "/shared\0")).containsExactly("s");
        assertThat(ask(Message.SET_TARGET, "2\0" + "9\0")).containsExactly("error ENOENT");
    }

    @Test
    void aResumedDomainMayShutDownAgain() {
        ask(Message.WATCH, "@releaseDomain\0r\0");
        store.shutDown(1);
        assertThat(Clients.all(tool)).hasSize(1);
        assertThat(ask(Message.RESUME, "1\0")).containsExactly("OK|");
        store.shutDown(1);
        assertThat(Clients.all(tool)).hasSize(1);
    }

    @Test
    void guestsMayNotDoWhatToolsDo() {
        for (int type :
                new int[] {
                    Message.CONTROL,
                    Message.INTRODUCE,
                    Message.RELEASE,
                    Message.IS_DOMAIN_INTRODUCED,
                    Message.RESUME,
                    Message.SET_TARGET
                }) {
            assertThat(Clients.ask(guest, type, 0, "1\0")).containsExactly("error EACCES");
        }
    }

    @Test
    void toolsControl() {
        assertThat(ask(Message.CONTROL, "check\0")).containsExactly("OK|");
        assertThat(ask(Message.CONTROL, "help\0").get(0)).startsWith("check\t\nlog\ton|off\n");
        assertThat(ask(Message.CONTROL, "print\0hello\0")).containsExactly("OK|");
        assertThat(ask(Message.CONTROL, "log\0on\0")).containsExactly("OK|");
        assertThat(ask(Message.CONTROL, "log\0maybe\0")).containsExactly("error EINVAL");
        assertThat(ask(Message.CONTROL, "live-update\0x\0").get(0)).contains("ends with it");
        assertThat(ask(Message.CONTROL, "nonsense\0")).containsExactly("error EINVAL");
        assertThat(ask(Message.CONTROL, "")).containsExactly("error EINVAL");
    }
}
