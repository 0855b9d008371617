package xenolith.toolstack.xenstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one domain may use, and that tools are not limited. */
class QuotaTest {
    private final AtomicLong now = new AtomicLong();
    private final StringBuilder log = new StringBuilder();
    private final Store store =
            new Store(
                    new StoreHost() {
                        @Override
                        public long now() {
                            return now.get();
                        }

                        @Override
                        public void log(String line) {
                            log.append(line).append('\n');
                        }
                    });
    private final Connection guest = store.introduce(1);
    private final Connection tool = new Connection(store);

    @BeforeEach
    void writeTree() {
        store.write("/g", "", "n1");
    }

    private static List<String> write(Connection c, int tx, String path, String value) {
        return Clients.ask(c, Message.WRITE, tx, path + "\0" + value);
    }

    private int start() {
        String id = Clients.ask(guest, Message.TRANSACTION_START, 0, "\0").get(0);
        return Integer.parseInt(id.replace("|", ""));
    }

    private void set(String quota, int value) {
        assertThat(
                        Clients.ask(
                                tool,
                                Message.CONTROL,
                                0,
                                "quota\0set\0" + quota + "\0" + value + "\0"))
                .containsExactly("OK|");
    }

    @Test
    void aThousandNodes() {
        for (int i = 0; i < 999; i++) {
            assertThat(write(guest, 0, "/g/" + i % 30 + "/" + i, "").get(0))
                    .isEqualTo(i < 969 ? "OK|" : "error ENOSPC");
        }
        assertThat(write(guest, 0, "/g/0/0", "changed")).containsExactly("OK|");
        Clients.ask(guest, Message.RM, 0, "/g/0/0\0");
        assertThat(write(guest, 0, "/g/again", "")).containsExactly("OK|");
        assertThat(write(tool, 0, "/g/tools", "")).containsExactly("OK|");
        assertThat(store.check()).isEmpty();
    }

    @Test
    void nodesThatItWasGivenCount() {
        set("nodes", 3);
        store.write("/given", "", "n1");
        assertThat(write(guest, 0, "/given/a", "")).containsExactly("OK|");
        assertThat(write(guest, 0, "/given/b", "")).containsExactly("error ENOSPC");
        store.permit("/given/a", "n0");
        assertThat(write(guest, 0, "/given/b", "")).containsExactly("OK|");
    }

    @Test
    void nodesOfATransactionCountAtItsEnd() {
        set("nodes", 4);
        int tx = start();
        for (int i = 0; i < 6; i++) {
            assertThat(write(guest, tx, "/g/" + i, "")).containsExactly("OK|");
        }
        assertThat(Clients.ask(guest, Message.TRANSACTION_END, tx, "T\0"))
                .containsExactly("error ENOSPC");
        assertThat(store.directory("/g")).isEmpty();
    }

    @Test
    void nodesOfATransactionThatWereLookedAt() {
        set("transaction-nodes", 5);
        int tx = start();
        String last = "";
        for (int i = 0; i < 7 && !last.startsWith("error ENOSPC"); i++) {
            last = Clients.ask(guest, Message.READ, tx, "/g/" + i + "\0").get(0);
        }
        assertThat(last).isEqualTo("error ENOSPC");
        assertThat(Clients.ask(guest, Message.TRANSACTION_END, tx, "T\0"))
                .containsExactly("error ENOMEM");
    }

    @Test
    void theSizeOfANode() {
        // 24 bytes of header and 8 for its one permission; less than 2048 in all
        assertThat(write(guest, 0, "/g/a", "x".repeat(2015))).containsExactly("OK|");
        assertThat(write(guest, 0, "/g/a", "x".repeat(2016))).containsExactly("error ENOSPC");
        assertThat(write(tool, 0, "/g/a", "x".repeat(4000))).containsExactly("OK|");
        String name = "n".repeat(200);
        int made = 0;
        while (write(guest, 0, "/g/" + made + name, "").get(0).equals("OK|")) {
            made++;
        }
        assertThat(made).isEqualTo(9);
        int tx = start();
        assertThat(write(guest, tx, "/g/a", "x".repeat(3000))).containsExactly("error ENOSPC");
        assertThat(Clients.ask(guest, Message.TRANSACTION_END, tx, "T\0"))
                .containsExactly("error ENOMEM");
    }

    @Test
    void thePermissionsOfANode() {
        assertThat(Clients.ask(guest, Message.SET_PERMS, 0, "/g\0n1\0r2\0r3\0r4\0r5\0"))
                .containsExactly("OK|");
        assertThat(Clients.ask(guest, Message.SET_PERMS, 0, "/g\0n1\0r2\0r3\0r4\0r5\0r6\0"))
                .containsExactly("error ENOSPC");
        assertThat(Clients.ask(tool, Message.SET_PERMS, 0, "/g\0n1\0r2\0r3\0r4\0r5\0r6\0"))
                .containsExactly("OK|");
    }

    @Test
    void theLengthOfAPath() {
        String longest = "/g/" + "x".repeat(2045);
        assertThat(Clients.ask(guest, Message.READ, 0, longest + "\0"))
                .containsExactly("error ENOENT");
        assertThat(Clients.ask(guest, Message.READ, 0, longest + "x\0"))
                .containsExactly("error EINVAL");
        assertThat(
                        Clients.ask(
                                tool,
                                Message.READ,
                                0,
                                "/local/domain/17/" + "x".repeat(2048) + "\0"))
                .containsExactly("error ENOENT");
        assertThat(
                        Clients.ask(
                                tool,
                                Message.READ,
                                0,
                                "/local/domain/17/" + "x".repeat(2049) + "\0"))
                .containsExactly("error EINVAL");
    }

    @Test
    void watches() {
        for (int i = 0; i < 129; i++) {
            assertThat(Clients.ask(guest, Message.WATCH, 0, "/g\0" + i + "\0").get(0))
                    .isEqualTo("OK|");
        }
        assertThat(Clients.ask(guest, Message.WATCH, 0, "/g\0more\0"))
                .containsExactly("error E2BIG");
        Clients.ask(guest, Message.UNWATCH, 0, "/g\0" + "7\0");
        assertThat(Clients.ask(guest, Message.WATCH, 0, "/g\0more\0").get(0)).isEqualTo("OK|");
        for (int i = 0; i < 300; i++) {
            assertThat(Clients.ask(tool, Message.WATCH, 0, "/g\0" + i + "\0").get(0))
                    .isEqualTo("OK|");
        }
    }

    @Test
    void transactions() {
        for (int i = 0; i < 11; i++) {
            start();
        }
        assertThat(Clients.ask(guest, Message.TRANSACTION_START, 0, "\0"))
                .containsExactly("error ENOSPC");
        for (int i = 0; i < 30; i++) {
            Clients.ask(tool, Message.TRANSACTION_START, 0, "\0");
        }
        assertThat(Clients.ask(tool, Message.TRANSACTION_START, 0, "\0")).containsExactly("31|");
    }

    @Test
    void repliesThatItDoesNotFetch() {
        Message request = new Message(Message.READ, 1, 0, Message.terminated("/g"));
        for (int i = 0; i < 20; i++) {
            assertThat(guest.mayRead()).isTrue();
            guest.serve(request);
        }
        assertThat(guest.mayRead()).isFalse();
        Clients.fetch(guest);
        assertThat(guest.mayRead()).isTrue();
    }

    @Test
    void eventsForOthersThatTheyDoNotFetch() {
        Connection other = store.introduce(2);
        store.permit("/g", "n1", "r2");
        Clients.ask(other, Message.WATCH, 0, "/g\0t\0");
        int served = 0;
        while (guest.mayRead() && served < 100) {
            write(guest, 0, "/g/" + served, "");
            served++;
        }
        assertThat(served).isEqualTo(20);
        assertThat(store.hasStalled()).isTrue();
        boolean[] moved = {false};
        guest.onEvents(() -> moved[0] = guest.mayRead());
        Clients.fetch(other);
        store.tell();
        assertThat(moved[0]).isTrue();
        write(guest, 0, "/g/last", "");
        assertThat(guest.mayRead()).isFalse();
        now.set(Outbox.EVENT_NANOS);
        store.expire();
        assertThat(guest.mayRead()).isTrue();
        assertThat(Clients.all(other)).isEmpty();
    }

    @Test
    void memory() {
        set("nodes", 1_000_000);
        int before = store.domains().make(1).memory;
        String error = "";
        for (int i = 0; i < 3000 && error.isEmpty(); i++) {
            String answer = write(guest, 0, "/g/" + i % 40 + "/" + i, "x".repeat(1900)).get(0);
            error = answer.equals("OK|") ? "" : answer;
        }
        assertThat(error).isEqualTo("error EIO");
        assertThat(store.domains().make(1).memory).isGreaterThan(2_600_000);
        assertThat(log.toString()).contains("domain 1 exceeds its soft memory quota");
        store.remove("/g");
        assertThat(store.domains().make(1).memory).isLessThan(before);
    }

    @Test
    void whatItWasChargedIsGivenBack() {
        int before = store.domains().make(1).memory;
        int tx = start();
        write(guest, tx, "/g/a", "x".repeat(1000));
        Clients.ask(guest, Message.WATCH, 0, "/g\0token\0");
        assertThat(store.domains().make(1).memory).isGreaterThan(before + 1000);
        Clients.ask(guest, Message.TRANSACTION_END, tx, "F\0");
        Clients.ask(guest, Message.UNWATCH, 0, "/g\0token\0");
        assertThat(store.domains().make(1).memory).isEqualTo(before);
        assertThat(store.domains().make(1).outstanding).isZero();
        assertThat(store.domains().make(1).watches).isZero();
    }

    @Test
    void areShownAndSet() {
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota\0").get(0))
                .isEqualTo(
                        "Quota settings:\n"
                                + "nodes            :     1000 Nodes per domain\n"
                                + "watches          :      128 Watches per domain\n"
                                + "transactions     :       10 Transactions per domain\n"
                                + "outstanding      :       20 Outstanding requests per domain\n"
                                + "transaction-nodes:     1024 Max. number of accessed nodes per"
                                + " transaction\n"
                                + "memory           :  2621440 Total Xenstore memory per domain"
                                + " (error level)\n"
                                + "node-size        :     2048 Max. size of a node\n"
                                + "path-max         :     2048 Max. length of a node path\n"
                                + "permissions      :        5 Max. number of permissions per"
                                + " node\n|");
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota-soft\0").get(0))
                .contains("memory           :  2097152 Total Xenstore memory per domain (warning");
        set("nodes", 7);
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota\0").get(0))
                .contains("nodes            :        7 ");
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota\0set\0nodes\0" + "0\0"))
                .containsExactly("error EINVAL");
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota\0set\0what\0" + "5\0"))
                .containsExactly("error EINVAL");
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota\0" + "1\0").get(0))
                .startsWith("Domain 1:\nnodes           :        1\nwatches         :        0\n");
        assertThat(Clients.ask(tool, Message.CONTROL, 0, "quota\0" + "99\0"))
                .containsExactly("error ENOENT");
    }
}
