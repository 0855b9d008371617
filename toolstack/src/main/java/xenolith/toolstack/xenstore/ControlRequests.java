package xenolith.toolstack.xenstore;

import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/** XS_CONTROL, which {@code xenstore-control} sends: words in, text out. */
final class ControlRequests {
    private static final byte[] OK = Message.terminated("OK");

    /** The commands and their parameters, in the order of {@code help}. */
    private static final String HELP =
            """
            check\t
            log\ton|off
            live-update\t[-c <cmdline>] [-F] [-t <timeout>] <file>
                Default timeout is 60 seconds.
            logfile\t<file>
            memreport\t[<file>]
            print\t<string>
            quota\t[set <name> <val>|<domid>]
            quota-soft\t[set <name> <val>]
            help\t
            """;

    private ControlRequests() {}

    static byte[] answer(Message request, Store store) throws XenstoreError {
        List<String> words = request.strings();
        if (words.isEmpty()) {
            throw new XenstoreError(Code.EINVAL);
        }
        List<String> rest = words.subList(1, words.size());
        return switch (words.get(0)) {
            case "check" -> check(rest, store);
            case "help" -> {
                expect(rest.isEmpty());
                yield Message.terminated(HELP);
            }
            case "log" -> log(rest, store);
            case "print" -> print(rest, store);
            case "quota" -> quota(rest, store);
            case "quota-soft" -> softQuota(rest, store);
            case "live-update" ->
                    Message.terminated("This xenstored is a part of its host and ends with it.");
            case "logfile", "memreport" ->
                    Message.terminated("This xenstored writes to the log of its host only.");
            default -> throw new XenstoreError(Code.EINVAL);
        };
    }

    private static void expect(boolean condition) throws XenstoreError {
        if (!condition) {
            throw new XenstoreError(Code.EINVAL);
        }
    }

    private static byte[] check(List<String> words, Store store) throws XenstoreError {
        expect(words.isEmpty());
        List<String> faults = store.check();
        faults.forEach(f -> store.host().log("xenstore: " + f));
        return faults.isEmpty() ? OK : Message.terminated(String.join("\n", faults));
    }

    private static byte[] log(List<String> words, Store store) throws XenstoreError {
        expect(words.size() == 1);
        expect(words.get(0).equals("on") || words.get(0).equals("off"));
        store.logRequests(words.get(0).equals("on"));
        return OK;
    }

    private static byte[] print(List<String> words, Store store) throws XenstoreError {
        expect(words.size() == 1);
        store.host().log("xenstore: control: " + words.get(0));
        return OK;
    }

    private static byte[] quota(List<String> words, Store store) throws XenstoreError {
        if (words.isEmpty()) {
            return list(store, false);
        }
        if (words.get(0).equals("set")) {
            return set(words, store, false);
        }
        expect(words.size() == 1);
        StoreDomain d = store.domains().find(Message.number(words.get(0)));
        if (d == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        Connection c = d.connection;
        return Message.terminated(
                String.format(
                        "Domain %d:\n%-16s: %8d\n%-16s: %8d\n%-16s: %8d\n%-16s: %8d\n%-16s: %8d\n",
                        d.domid,
                        "nodes",
                        d.nodes,
                        "watches",
                        d.watches,
                        "transactions",
                        c == null ? 0 : c.transactions(),
                        "outstanding",
                        d.outstanding,
                        "memory",
                        d.memory));
    }

    private static byte[] softQuota(List<String> words, Store store) throws XenstoreError {
        if (words.isEmpty()) {
            return list(store, true);
        }
        expect(words.get(0).equals("set"));
        return set(words, store, true);
    }

    private static byte[] list(Store store, boolean soft) {
        StringBuilder text = new StringBuilder("Quota settings:\n");
        for (Quota q : Quota.values()) {
            if (q.soft() == soft) {
                text.append(
                        String.format(
                                "%-17s: %8d %s\n",
                                q.word, store.domains().quota(q), q.description));
            }
        }
        return Message.terminated(text.toString());
    }

    private static byte[] set(List<String> words, Store store, boolean soft) throws XenstoreError {
        expect(words.size() == 3);
        int value = Message.number(words.get(2));
        Quota quota = quota(words.get(1), soft);
        expect(value >= 1);
        if (quota == null) {
            throw new XenstoreError(Code.EINVAL);
        }
        store.domains().setQuota(quota, value);
        return OK;
    }

    private static @Nullable Quota quota(String word, boolean soft) {
        for (Quota q : Quota.values()) {
            if (q.word.equals(word) && q.soft() == soft) {
                return q;
            }
        }
        return null;
    }
}
