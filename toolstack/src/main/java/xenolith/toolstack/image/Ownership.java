package xenolith.toolstack.image;

import java.util.ArrayList;
import java.util.List;
import xenolith.toolstack.guest.GuestException;

/**
 * How a folder comes to have files of many owners, on its way from an archive to a file system.
 * Which way is open depends on who asks and on what this machine has.
 */
enum Ownership {
    /** By root, who may. */
    ROOT(List.of("sh"), true),
    /**
     * In a user namespace, in which this user is root and the lines of /etc/subuid and /etc/subgid
     * are the other users (user_namespaces(7)); from util-linux 2.38 on.
     */
    USER_NAMESPACE(List.of("unshare", "--map-root-user", "--map-auto", "sh"), true),
    /**
     * Under fakeroot, which remembers owners for the programs it runs. Files with capabilities lose
     * their type there (1.31: their mode has no file type any more, and mke2fs passes them over),
     * so that they come without.
     */
    FAKEROOT(List.of("fakeroot", "sh"), false);

    private static final String CAPABILITIES = "--xattrs --xattrs-include=security.capability";

    private final List<String> shell;
    private final boolean capabilities;

    Ownership(List<String> shell, boolean capabilities) {
        this.shell = shell;
        this.capabilities = capabilities;
    }

    /** The best way that is open to this user on this machine. */
    static Ownership here() throws GuestException {
        if (Bootstrap.isRoot()) {
            return ROOT;
        }
        if (USER_NAMESPACE.works()) {
            return USER_NAMESPACE;
        }
        Tool.need("fakeroot", "fakeroot");
        return FAKEROOT;
    }

    /** Whether a shell can be run this way. */
    boolean works() {
        if (this == ROOT && !Bootstrap.isRoot()) {
            return false;
        }
        try {
            run(List.of("-c", "exit 0"));
            return true;
        } catch (GuestException _) {
            return false;
        }
    }

    /** Runs a shell with {@code arguments} as the root of this way. */
    void run(List<String> arguments) throws GuestException {
        List<String> all = new ArrayList<>(shell.subList(1, shell.size()));
        all.addAll(arguments);
        Tool.need(shell.getFirst(), shell.getFirst()).run(all, line -> {});
    }

    /** Options of GNU tar for attributes that files keep. */
    String tarOptions() {
        return capabilities ? CAPABILITIES : "";
    }
}
