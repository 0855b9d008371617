package xenolith.toolstack.xenstore;

import org.jspecify.annotations.Nullable;

/** What the store knows of a domain, and what is charged to it. */
final class StoreDomain {
    final int domid;

    /** Of the store when it first heard of the domain: permissions that are older mean another. */
    final long generation;

    /** Its connection while it is introduced. */
    @Nullable Connection connection;

    /** Whether its shutting down was told. */
    boolean shutDown;

    /** Nodes that it owns. */
    int nodes;

    /** Bytes of its nodes, watches, transactions and messages. */
    int memory;

    int watches;

    /** Requests of it that were served and not done with. */
    int outstanding;

    /** Whether the log was told that it uses too much. */
    boolean reported;

    StoreDomain(int domid, long generation) {
        this.domid = domid;
        this.generation = generation;
    }
}
