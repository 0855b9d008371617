package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/** The watches of one client. */
final class ClientWatches {
    private record ClientWatch(WatchIndex.Entry entry, String token) {
        int bytes() {
            return entry.path().length() + token.length();
        }
    }

    /** Is told of changes. */
    @FunctionalInterface
    interface Told {
        /** {@code path}, as the client knows it, has changed. */
        void changed(String path, String token, @Nullable Outstanding cause);
    }

    private final Store store;
    private final Caller caller;
    private final @Nullable StoreDomain domain;
    private final String home;
    private final Told told;
    private final List<ClientWatch> watches = new ArrayList<>();

    ClientWatches(
            Store store, Caller caller, @Nullable StoreDomain domain, String home, Told told) {
        this.store = store;
        this.caller = caller;
        this.domain = domain;
        this.home = home;
        this.told = told;
    }

    /** Adds a watch of a path by a token. */
    void add(List<String> words) throws XenstoreError {
        if (words.size() != 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        String given = words.get(0);
        String path = StorePath.resolve(given, home);
        String token = words.get(1);
        int longest = store.domains().quota(Quota.PATH_MAX);
        if (path.startsWith("@") ? path.length() > longest : !StorePath.isValid(path, longest)) {
            throw new XenstoreError(Code.EINVAL);
        }
        if (find(path, token) != null) {
            throw new XenstoreError(Code.EEXIST);
        }
        charge(path.length() + token.length());
        boolean absolute = given.startsWith("/") || given.startsWith("@");
        int cut = absolute ? 0 : home.length() + 1;
        WatchIndex.Entry entry =
                store.events()
                        .watches()
                        .add(
                                path,
                                caller,
                                (changed, cause) ->
                                        told.changed(changed.substring(cut), token, cause));
        watches.add(new ClientWatch(entry, token));
    }

    private void charge(int bytes) throws XenstoreError {
        if (domain == null) {
            return;
        }
        if (!caller.privileged() && domain.watches > store.domains().quota(Quota.WATCHES)) {
            throw new XenstoreError(Code.E2BIG);
        }
        if (store.domains().exceeds(domain.domid, bytes)) {
            throw new XenstoreError(Code.ENOMEM);
        }
        domain.watches++;
        store.domains().charge(domain.domid, bytes);
    }

    /** Tells of the watch that was added last, as if its path had changed. */
    void tellLast() {
        WatchIndex.Entry last = watches.get(watches.size() - 1).entry();
        last.receiver().changed(last.path(), null);
    }

    private @Nullable ClientWatch find(String path, String token) {
        for (ClientWatch w : watches) {
            if (w.entry().path().equals(path) && w.token().equals(token)) {
                return w;
            }
        }
        return null;
    }

    /** Ends the watch of a path by a token. */
    void remove(List<String> words) throws XenstoreError {
        if (words.size() != 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        ClientWatch watch = find(StorePath.resolve(words.get(0), home), words.get(1));
        if (watch == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        watches.remove(watch);
        forget(watch);
    }

    private void forget(ClientWatch watch) {
        store.events().watches().remove(watch.entry());
        if (domain != null) {
            domain.watches--;
            store.domains().charge(domain.domid, -watch.bytes());
        }
    }

    /** Ends all. */
    void clear() {
        watches.forEach(this::forget);
        watches.clear();
    }
}
