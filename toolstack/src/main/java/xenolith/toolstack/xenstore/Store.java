package xenolith.toolstack.xenstore;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.ToolException;

/**
 * The store of a host (xenstored 4.17), for the tools and for each client's {@link Connection}. To
 * be used on the host's thread only.
 */
public final class Store implements StoreAccess {
    /** The special path whose watches fire when a domain is introduced. */
    public static final String INTRODUCE_DOMAIN = "@introduceDomain";

    /** The special path whose watches fire when a domain has shut down or is gone. */
    public static final String RELEASE_DOMAIN = "@releaseDomain";

    private final StoreHost host;
    private final Domains domains;
    private final Database database;
    private final Events events;
    private final StoreAccess alone;
    private boolean loggingRequests;

    /** Whether a domain's requests wait for others to fetch their events. */
    private volatile boolean stalled;

    /** A store without a host; see {@link StoreHost#NONE}. */
    public Store() {
        this(StoreHost.NONE);
    }

    /** The store of {@code host}, empty but for what xenstored itself makes. */
    public Store(StoreHost host) {
        this.host = host;
        this.domains = new Domains(host);
        this.database = new Database(domains);
        this.events = new Events(database, host);
        this.alone = new StoreTransaction(view(Caller.TOOLS, null, events::fire));
        write("/tool/xenstored", "");
    }

    @Override
    public @Nullable String read(String path) {
        return alone.read(path);
    }

    @Override
    public List<String> directory(String path) {
        return alone.directory(path);
    }

    @Override
    public @Nullable Permissions permissions(String path) {
        return alone.permissions(path);
    }

    @Override
    public void write(String path, String value) {
        alone.write(path, value);
        tell();
    }

    @Override
    public void write(String path, String value, String... permissions) {
        transact(t -> t.write(path, value, permissions));
    }

    @Override
    public void permit(String path, String... permissions) {
        alone.permit(path, permissions);
        tell();
    }

    @Override
    public void remove(String path) {
        alone.remove(path);
        tell();
    }

    /**
     * Does {@code work} as one change: watches fire when it is done, and if it throws, nothing was
     * changed. Since the host's thread does nothing else meanwhile, there is no conflict to try
     * again.
     *
     * @return what {@code work} answers
     */
    public <T extends @Nullable Object> T transaction(Function<StoreAccess, T> work) {
        Transaction transaction = begin(Caller.TOOLS);
        T answer;
        try {
            answer =
                    work.apply(new StoreTransaction(view(Caller.TOOLS, transaction, events::fire)));
        } finally {
            transaction.close();
        }
        try {
            transaction.check();
        } catch (XenstoreError e) {
            throw new IllegalStateException("the store changed within a transaction", e);
        }
        transaction.apply(events::fire);
        tell();
        return answer;
    }

    /** As {@link #transaction}, with nothing to answer. */
    public void transact(Consumer<StoreAccess> work) {
        transaction(access -> {
            work.accept(access);
            return true;
        });
    }

    /**
     * Tells {@code listener} of changes of {@code path} and of all below it, or of the special
     * events {@link #INTRODUCE_DOMAIN} and {@link #RELEASE_DOMAIN}. It is called once at once.
     */
    public StoreWatch watch(String path, StoreWatch.Listener listener) {
        return events.watch(path, listener);
    }

    // ---- domains -----------------------------------------------------------------------------

    /** Whether {@code domid} has a connection. */
    public boolean isIntroduced(int domid) {
        StoreDomain d = domains.find(domid);
        return d != null && d.connection != null;
    }

    /** Makes the connection of {@code domid}, which has none, and tells of it. */
    Connection introduce(int domid) {
        StoreDomain d = domains.make(domid);
        if (d.connection != null) {
            throw new IllegalStateException("domain " + domid + " is introduced already");
        }
        Connection connection = new Connection(this, d);
        d.connection = connection;
        special(INTRODUCE_DOMAIN);
        return connection;
    }

    /** Domain {@code domid} has shut down, but is not gone: tells {@link #RELEASE_DOMAIN} once. */
    public void shutDown(int domid) {
        StoreDomain d = domains.find(domid);
        if (d != null && d.connection != null && !d.shutDown) {
            d.shutDown = true;
            special(RELEASE_DOMAIN);
        }
    }

    /** Domain {@code domid} goes on after having shut down (XS_RESUME). */
    public void resumed(int domid) {
        StoreDomain d = domains.find(domid);
        if (d != null) {
            d.shutDown = false;
        }
    }

    /**
     * Domain {@code domid} is gone: ends its connection, removes the nodes that it owned, and tells
     * {@link #RELEASE_DOMAIN}. Another domain of the same number has none of its rights.
     */
    public void release(int domid) {
        StoreDomain d = domains.find(domid);
        if (d == null || domid == 0) {
            return;
        }
        Connection connection = d.connection;
        d.connection = null;
        if (connection != null) {
            connection.reset();
        }
        // Nearly all are in its own part: whoever walks the whole store has others wait.
        removeOwned("/local/domain/" + domid, d);
        removeOwned("/", d);
        domains.forget(domid);
        if (connection != null) {
            special(RELEASE_DOMAIN);
        }
        tell();
    }

    /** Removes the nodes of {@code d} from {@code path} on, as long as there are any. */
    private void removeOwned(String path, StoreDomain d) {
        Node node = d.nodes > 0 ? database.get(path) : null;
        if (node == null) {
            return;
        }
        if (node.permissions().owner() == d.domid) {
            alone.remove(path);
            return;
        }
        for (String name : node.children()) {
            removeOwned(StorePath.child(path, name), d);
        }
    }

    /** Tells the watches of {@code name}, a special path. */
    void special(String name) {
        Permissions permissions = domains.special(name);
        if (permissions != null) {
            events.special(name, permissions);
        }
        tell();
    }

    // ---- for connections ---------------------------------------------------------------------

    StoreHost host() {
        return host;
    }

    Domains domains() {
        return domains;
    }

    Events events() {
        return events;
    }

    long now() {
        return host.now();
    }

    Transaction begin(Caller caller) {
        return new Transaction(database, domains, caller);
    }

    View view(Caller caller, @Nullable Transaction transaction, View.Told told) {
        return new View(database, domains, caller, transaction, told);
    }

    /** Tells the toolstack's listeners and moves messages to clients; see {@link Events#tell}. */
    void tell() {
        events.tell();
    }

    /** Whether {@link #expire} should be called about once a second. From any thread. */
    public boolean hasStalled() {
        return stalled;
    }

    void stalled() {
        stalled = true;
    }

    /** Forgets events that domains have left for too long, so that they hold nobody else up. */
    public void expire() {
        long now = host.now();
        stalled = false;
        for (StoreDomain d : domains.all()) {
            Connection c = d.connection;
            if (c != null) {
                c.outbox().expire(now);
                c.mayRead();
            }
        }
        tell();
    }

    /** Logs each request from now on, or no more. */
    void logRequests(boolean on) {
        loggingRequests = on;
    }

    boolean logsRequests() {
        return loggingRequests;
    }

    /** Recounts: what is wrong with the tree and with what is charged for it, a sentence each. */
    List<String> check() {
        return new StoreCheck(database, domains).faults();
    }

    /**
     * Saves the tree, without connections, watches and transactions, in the file {@code path}.
     *
     * @throws ToolException if the file cannot be written
     */
    public void save(Path path) throws ToolException {
        StoreSnapshot.write(this, path);
    }

    /**
     * Puts the nodes of a file that {@link #save} wrote over those that are there. Domains that do
     * not exist have no nodes: their own parts of the tree are left out, and what they owned
     * elsewhere belongs to domain 0.
     *
     * @throws ToolException if the file cannot be read or is none; then nothing was changed
     */
    public void load(Path path) throws ToolException {
        StoreSnapshot.read(path, this);
    }

    /** All nodes by path, parents before children. */
    Map<String, Node> nodes() {
        return database.sorted();
    }
}
