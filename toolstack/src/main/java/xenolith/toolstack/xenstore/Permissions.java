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
    /** One entry: {@code n}one, {@code r}ead, {@code w}rite or {@code b}oth, for {@code domid}. */
    public record Entry(char letter, int domid) {
        private boolean reads() {
            return letter == 'r' || letter == 'b';
        }

        private boolean writes() {
            return letter == 'w' || letter == 'b';
        }

        @Override
        public String toString() {
            return "" + letter + domid;
        }
    }

    private static final int MOST_DOMID = 0x7fff;

    public Permissions {
        entries = List.copyOf(entries);
    }

    /** Parses strings such as "n0", "r1". */
    public static Permissions of(List<String> words) throws XenstoreError {
        List<Entry> entries = new ArrayList<>();
        for (String word : words) {
            if (!word.matches("[nrwb][0-9]{1,5}")) {
                throw new XenstoreError(Code.EINVAL);
            }
            int domid = Integer.parseInt(word.substring(1));
            if (domid > MOST_DOMID) {
                throw new XenstoreError(Code.EINVAL);
            }
            entries.add(new Entry(word.charAt(0), domid));
        }
        if (entries.isEmpty()) {
            throw new XenstoreError(Code.EINVAL);
        }
        return new Permissions(entries);
    }

    public int owner() {
        return entries.get(0).domid();
    }

    /**
     * These permissions for a new node below, made by {@code domid}, who owns it unless domain 0.
     */
    Permissions inherited(int domid) {
        if (domid == 0) {
            return this;
        }
        List<Entry> changed = new ArrayList<>(entries);
        changed.set(0, new Entry(entries.get(0).letter(), domid));
        return new Permissions(changed);
    }

    boolean mayRead(int domid) {
        return domid == 0 || domid == owner() || entry(domid).reads();
    }

    boolean mayWrite(int domid) {
        return domid == 0 || domid == owner() || entry(domid).writes();
    }

    private Entry entry(int domid) {
        return entries.stream()
                .skip(1)
                .filter(e -> e.domid() == domid)
                .findFirst()
                .orElse(entries.get(0));
    }

    /** As the tools print them: "n0,r1". */
    @Override
    public String toString() {
        return entries.stream().map(Entry::toString).collect(Collectors.joining(","));
    }
}
