package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * Who may do what with a node: the first entry names its owner, who may do all, and what everybody
 * else may do; the others name domains one by one.
 */
public record Permissions(List<Entry> entries) {
    static final int READ = 1;
    static final int WRITE = 2;
    static final int OWN = 4;
    static final int ALL = READ | WRITE | OWN;

    /**
     * One entry: {@code n}one, {@code r}ead, {@code w}rite or {@code b}oth, for {@code domid}.
     *
     * @param stale the domain was gone when it was given or has gone since; it means nobody, even
     *     when another domain has the same number
     */
    public record Entry(char letter, int domid, boolean stale) {
        /** An entry for a domain that is there. */
        public Entry(char letter, int domid) {
            this(letter, domid, false);
        }

        int rights() {
            return switch (letter) {
                case 'r' -> READ;
                case 'w' -> WRITE;
                case 'b' -> READ | WRITE;
                default -> 0;
            };
        }

        @Override
        public String toString() {
            return "" + letter + domid;
        }
    }

    public Permissions {
        entries = List.copyOf(entries);
        if (entries.isEmpty()) {
            throw new IllegalStateException("permissions without an owner");
        }
    }

    /** Nobody but the owner, domain 0. */
    static final Permissions PRIVATE = new Permissions(List.of(new Entry('n', 0)));

    /** Parses strings such as "n0", "r1"; the number may be in any form of C. */
    public static Permissions of(List<String> words) throws XenstoreError {
        List<Entry> entries = new ArrayList<>();
        for (String word : words) {
            if (word.isEmpty() || "nrwb".indexOf(word.charAt(0)) < 0) {
                throw new XenstoreError(Code.EINVAL);
            }
            try {
                entries.add(new Entry(word.charAt(0), Integer.decode(word.substring(1))));
            } catch (NumberFormatException e) {
                throw new XenstoreError(Code.EINVAL);
            }
        }
        if (entries.isEmpty()) {
            throw new XenstoreError(Code.EINVAL);
        }
        return new Permissions(entries);
    }

    /** The domain that owns the node. */
    public int owner() {
        return entries.get(0).domid();
    }

    /**
     * These permissions for a new node below, made by {@code caller}, who owns it unless it is
     * domain 0.
     */
    Permissions inherited(Caller caller) {
        return caller.privileged() ? this : ownedBy(caller.domid());
    }

    private Permissions ownedBy(int domid) {
        List<Entry> changed = new ArrayList<>(entries);
        changed.set(0, new Entry(entries.get(0).letter(), domid));
        return new Permissions(changed);
    }

    /** Without {@code domid}, which is gone: domain 0 takes over what it owned. */
    Permissions without(int domid) {
        List<Entry> left = new ArrayList<>();
        left.add(entries.get(0));
        entries.stream().skip(1).filter(e -> e.domid() != domid).forEach(left::add);
        Permissions rest = new Permissions(left);
        return owner() == domid ? rest.ownedBy(0) : rest;
    }

    /** As the tools print them: "n0,r1". */
    @Override
    public String toString() {
        return entries.stream().map(Entry::toString).collect(Collectors.joining(","));
    }
}
