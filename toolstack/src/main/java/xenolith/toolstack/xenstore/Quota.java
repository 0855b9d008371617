package xenolith.toolstack.xenstore;

/**
 * What a domain may use of the store, with the defaults of xenstored 4.17; domain 0 and the tools
 * at the socket are not limited. Names and words are those of {@code xenstore-control quota}.
 */
enum Quota {
    /** Above it a node cannot be made: ENOSPC. */
    NODES("nodes", 1000, "Nodes per domain"),
    /** More than this many and one: E2BIG. */
    WATCHES("watches", 128, "Watches per domain"),
    /** More than this many and one: ENOSPC. */
    TRANSACTIONS("transactions", 10, "Transactions per domain"),
    /** Replies and what they brought about that nobody fetched yet: no requests are read. */
    OUTSTANDING("outstanding", 20, "Outstanding requests per domain"),
    /** More: ENOSPC, and the transaction can only fail. */
    TRANSACTION_NODES("transaction-nodes", 1024, "Max. number of accessed nodes per transaction"),
    /** Bytes; above it no requests are read. */
    MEMORY("memory", (2 << 20) + (512 << 10), "Total Xenstore memory per domain (error level)"),
    /** Bytes of value, names of children, permissions and header together: ENOSPC. */
    NODE_SIZE("node-size", 2048, "Max. size of a node"),
    /** Characters, beyond a domain's home: EINVAL. */
    PATH_MAX("path-max", 2048, "Max. length of a node path"),
    /** ENOSPC. */
    PERMISSIONS("permissions", 5, "Max. number of permissions per node"),
    /** Bytes; above it the log says so. */
    SOFT_MEMORY("memory", 2 << 20, "Total Xenstore memory per domain (warning level)");

    final String word;
    final int initial;
    final String description;

    Quota(String word, int initial, String description) {
        this.word = word;
        this.initial = initial;
        this.description = description;
    }

    /** Whether it only warns. */
    boolean soft() {
        return this == SOFT_MEMORY;
    }
}
