package xenolith.toolstack.xenstore;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * What one client can ask of the store: requests in, replies and watch events out. Knows nothing of
 * rings and sockets. On the host's thread.
 */
final class Connection {
    private static final byte[] OK = Message.terminated("OK");

    private final Store store;
    private final Caller caller;
    private final String home;
    private final @Nullable StoreDomain domain;
    private final Outbox outbox;
    private final ClientWatches watches;
    private final Map<Integer, Transaction> transactions = new HashMap<>();
    private int nextTransaction;
    private @Nullable Outstanding serving;
    private boolean stalled;
    private Runnable mover = () -> {};

    /** The connection of a domain. */
    Connection(Store store, StoreDomain domain) {
        this(store, new Caller(domain.domid), domain);
    }

    /** The connection of a tool. */
    Connection(Store store) {
        this(store, new Caller(0), null);
    }

    private Connection(Store store, Caller caller, @Nullable StoreDomain domain) {
        this.store = store;
        this.caller = caller;
        this.domain = domain;
        this.home = "/local/domain/" + caller.domid();
        this.outbox = new Outbox(store.domains(), caller);
        this.watches = new ClientWatches(store, caller, domain, home, this::event);
    }

    Caller caller() {
        return caller;
    }

    String home() {
        return home;
    }

    /** What waits to be fetched. */
    Outbox outbox() {
        return outbox;
    }

    /**
     * Sets what moves messages when there are some that no request of this client brought about.
     */
    void onEvents(Runnable newMover) {
        mover = newMover;
    }

    /** Has what is waiting moved. */
    void flush() {
        if (stalled || !outbox.isEmpty()) {
            mover.run();
        }
    }

    /** Whether another request may be read: not while too many were not done with. */
    boolean mayRead() {
        Domains all = store.domains();
        stalled =
                domain != null
                        && !caller.privileged()
                        && (domain.outstanding >= all.quota(Quota.OUTSTANDING)
                                || domain.memory >= all.quota(Quota.MEMORY));
        if (stalled) {
            store.stalled();
        }
        return !stalled;
    }

    /** Others have fetched what this client's requests brought about. */
    void mayReadAgain() {
        if (stalled) {
            store.events().flushLater(this);
        }
    }

    int transactions() {
        return transactions.size();
    }

    /**
     * Serves {@code request}: its reply, and what it brings about, will be in the {@link #outbox}.
     */
    void serve(Message request) {
        if (store.logsRequests()) {
            String who = domain == null ? "a tool" : "domain " + caller.domid();
            store.host().log("xenstore: " + who + ": " + request);
        }
        Outstanding charged =
                domain == null || caller.privileged() ? null : new Outstanding(domain);
        serving = charged;
        Message reply;
        try {
            byte[] answer = answer(request);
            if (answer.length > Message.MOST_PAYLOAD) {
                throw new XenstoreError(Code.E2BIG);
            }
            reply = request.reply(answer);
        } catch (XenstoreError e) {
            reply = request.error(e.code());
        }
        outbox.reply(reply, charged);
        serving = null;
        if (request.type() == Message.WATCH && reply.type() == Message.WATCH) {
            watches.tellLast();
        }
        store.tell();
    }

    private byte[] answer(Message request) throws XenstoreError {
        return switch (request.type()) {
            case Message.WATCH -> {
                watches.add(request.strings());
                yield OK;
            }
            case Message.UNWATCH -> {
                watches.remove(request.strings());
                yield OK;
            }
            case Message.TRANSACTION_START -> start(request);
            case Message.TRANSACTION_END -> end(request);
            case Message.GET_DOMAIN_PATH -> {
                transaction(request);
                yield Message.terminated(
                        "/local/domain/"
                                + Integer.toUnsignedString(Message.number(request.string())));
            }
            case Message.RESET_WATCHES -> {
                transaction(request);
                forget();
                yield OK;
            }
            case Message.CONTROL,
                    Message.INTRODUCE,
                    Message.RELEASE,
                    Message.IS_DOMAIN_INTRODUCED,
                    Message.RESUME,
                    Message.SET_TARGET -> {
                if (!caller.privileged()) {
                    throw new XenstoreError(Code.EACCES);
                }
                transaction(request);
                yield request.type() == Message.CONTROL
                        ? ControlRequests.answer(request, store)
                        : DomainRequests.answer(request, store);
            }
            default -> onTree(request);
        };
    }

    private byte[] onTree(Message request) throws XenstoreError {
        if (!TreeRequests.knows(request.type())) {
            throw new XenstoreError(Code.ENOSYS);
        }
        View view = store.view(caller, transaction(request), this::tell);
        return TreeRequests.answer(request, view, home);
    }

    private void tell(String path, @Nullable Node node, boolean exact, @Nullable Permissions old) {
        store.events().fire(path, node, exact, old, serving);
    }

    private @Nullable Transaction transaction(Message request) throws XenstoreError {
        if (request.transactionId() == 0) {
            return null;
        }
        Transaction t = transactions.get(request.transactionId());
        if (t == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        return t;
    }

    private byte[] start(Message request) throws XenstoreError {
        if (transaction(request) != null) {
            throw new XenstoreError(Code.EBUSY);
        }
        if (!caller.privileged()
                && transactions.size() > store.domains().quota(Quota.TRANSACTIONS)) {
            throw new XenstoreError(Code.ENOSPC);
        }
        do {
            nextTransaction++;
        } while (nextTransaction == 0 || transactions.containsKey(nextTransaction));
        transactions.put(nextTransaction, store.begin(caller));
        return Message.terminated(Integer.toUnsignedString(nextTransaction));
    }

    private byte[] end(Message request) throws XenstoreError {
        String how = request.string();
        if (!how.equals("T") && !how.equals("F")) {
            throw new XenstoreError(Code.EINVAL);
        }
        Transaction t = transaction(request);
        if (t == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        transactions.remove(request.transactionId());
        t.close();
        if (how.equals("T")) {
            t.check();
            t.apply(this::tell);
        }
        return OK;
    }

    private void event(String path, String token, @Nullable Outstanding cause) {
        outbox.event(path, token, store.now(), cause);
        store.events().flushLater(this);
    }

    /** Ends all watches and transactions. */
    private void forget() {
        watches.clear();
        transactions.values().forEach(Transaction::close);
        transactions.clear();
    }

    /** Ends all watches and transactions and forgets what waits to be fetched. */
    void reset() {
        forget();
        outbox.clear();
    }
}
