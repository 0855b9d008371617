package xenolith.toolstack.xenstore;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/**
 * What one domain can ask of the store: requests in, replies and watch events out. Knows nothing of
 * rings.
 */
final class Connection {
    private static final int MOST_WATCHES = 128;
    private static final int MOST_TRANSACTIONS = 10;
    private static final int MOST_NODES = 1000;
    private static final byte[] OK = Message.terminated("OK");

    private final Store store;
    private final int domid;
    private final String home;
    private final Deque<Message> outgoing = new ArrayDeque<>();
    private final List<Watch> watches = new ArrayList<>();
    private final Map<Integer, View> transactions = new HashMap<>();
    private int lastTransaction;
    private int created;
    private Runnable sender = () -> {};

    Connection(Store store, int domid) {
        this.store = store;
        this.domid = domid;
        this.home = "/local/domain/" + domid;
    }

    /** Sets what is run when there are events to be sent that no request brought about. */
    void onEvents(Runnable newSender) {
        sender = newSender;
    }

    /** Has what is waiting sent. */
    void flush() {
        if (!outgoing.isEmpty()) {
            sender.run();
        }
    }

    /** The next message for the domain. */
    @Nullable Message next() {
        return outgoing.poll();
    }

    /** Serves {@code request}: its reply, and what it brings about, will be among {@link #next}. */
    void serve(Message request) {
        try {
            outgoing.add(request.reply(answer(request)));
        } catch (XenstoreError e) {
            outgoing.add(request.error(e.code()));
            return;
        }
        if (request.type() == Message.WATCH) {
            Watch added = watches.get(watches.size() - 1);
            event(added, added.seen(added.path()));
        }
    }

    private byte[] answer(Message request) throws XenstoreError {
        return switch (request.type()) {
            case Message.WATCH -> watch(request.strings());
            case Message.UNWATCH -> unwatch(request.strings());
            case Message.TRANSACTION_START -> start(request);
            case Message.TRANSACTION_END -> end(request);
            case Message.GET_DOMAIN_PATH ->
                    Message.terminated("/local/domain/" + domid(request.string()));
            case Message.IS_DOMAIN_INTRODUCED ->
                    Message.terminated(introduced(domid(request.string())) ? "T" : "F");
            case Message.RESET_WATCHES -> reset();
            case Message.CONTROL,
                    Message.INTRODUCE,
                    Message.RELEASE,
                    Message.RESUME,
                    Message.SET_TARGET ->
                    throw new XenstoreError(Code.EACCES);
            default -> onTree(request);
        };
    }

    private byte[] onTree(Message request) throws XenstoreError {
        View view = store.view();
        boolean transaction = request.transactionId() != 0;
        if (transaction) {
            view = transaction(request);
        }
        int before = view.created();
        byte[] answer = onTree(request, view);
        created += view.created() - before;
        if (created > MOST_NODES && view.created() > before) {
            created -= view.created() - before;
            throw new XenstoreError(Code.ENOSPC);
        }
        if (!transaction && !store.commit(view)) {
            throw new IllegalStateException("a single request conflicts");
        }
        return answer;
    }

    private byte[] onTree(Message request, View view) throws XenstoreError {
        switch (request.type()) {
            case Message.READ -> {
                return view.readable(path(request), domid).value();
            }
            case Message.DIRECTORY -> {
                byte[] names = names(view.readable(path(request), domid));
                if (names.length > Message.MOST_PAYLOAD) {
                    throw new XenstoreError(Code.E2BIG);
                }
                return names;
            }
            case Message.DIRECTORY_PART -> {
                return part(request.strings(), view);
            }
            case Message.GET_PERMS -> {
                return Message.terminated(
                        view.readable(path(request), domid).permissions().entries().stream()
                                .map(Permissions.Entry::toString)
                                .toArray(String[]::new));
            }
            case Message.WRITE -> write(request, view);
            case Message.MKDIR -> view.mkdir(path(request), domid);
            case Message.RM -> view.remove(path(request), domid);
            case Message.SET_PERMS -> {
                List<String> words = request.strings();
                if (words.size() < 2) {
                    throw new XenstoreError(Code.EINVAL);
                }
                view.permit(
                        StorePath.resolve(words.get(0), home),
                        Permissions.of(words.subList(1, words.size())),
                        domid);
            }
            default -> throw new XenstoreError(Code.ENOSYS);
        }
        return OK;
    }

    private String path(Message request) throws XenstoreError {
        return StorePath.resolve(request.string(), home);
    }

    private void write(Message request, View view) throws XenstoreError {
        byte[] payload = request.payload();
        int nul = 0;
        while (nul < payload.length && payload[nul] != 0) {
            nul++;
        }
        if (nul == payload.length) {
            throw new XenstoreError(Code.EINVAL);
        }
        String path = new String(payload, 0, nul, StandardCharsets.ISO_8859_1);
        byte[] value = java.util.Arrays.copyOfRange(payload, nul + 1, payload.length);
        view.write(StorePath.resolve(path, home), value, domid);
    }

    private static byte[] names(Node node) {
        return node.children().isEmpty()
                ? new byte[0]
                : Message.terminated(node.children().keySet().toArray(String[]::new));
    }

    /**
     * A piece of a long directory: generation, then names from an offset on; an empty name ends.
     */
    private byte[] part(List<String> words, View view) throws XenstoreError {
        if (words.size() != 2 || !words.get(1).matches("[0-9]{1,9}")) {
            throw new XenstoreError(Code.EINVAL);
        }
        Node node = view.readable(StorePath.resolve(words.get(0), home), domid);
        byte[] names = names(node);
        int offset = Math.min(Integer.parseInt(words.get(1)), names.length);
        byte[] head = Message.terminated(Long.toString(node.generation()));
        int most = Message.MOST_PAYLOAD - head.length - 1;
        int end = names.length;
        if (end - offset > most) {
            end = offset + most;
            while (end > offset && names[end - 1] != 0) {
                end--;
            }
        }
        byte[] answer = new byte[head.length + end - offset + (end == names.length ? 1 : 0)];
        System.arraycopy(head, 0, answer, 0, head.length);
        System.arraycopy(names, offset, answer, head.length, end - offset);
        return answer;
    }

    private static int domid(String text) throws XenstoreError {
        if (!text.matches("[0-9]{1,5}")) {
            throw new XenstoreError(Code.EINVAL);
        }
        return Integer.parseInt(text);
    }

    private boolean introduced(int other) {
        return View.find(store.root(), "/local/domain/" + other) != null;
    }

    private View transaction(Message request) throws XenstoreError {
        View view = transactions.get(request.transactionId());
        if (view == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        return view;
    }

    private byte[] start(Message request) throws XenstoreError {
        if (request.transactionId() != 0) {
            throw new XenstoreError(Code.EBUSY);
        }
        if (transactions.size() >= MOST_TRANSACTIONS) {
            throw new XenstoreError(Code.ENOSPC);
        }
        do {
            lastTransaction++;
        } while (lastTransaction == 0 || transactions.containsKey(lastTransaction));
        transactions.put(lastTransaction, store.view());
        return Message.terminated(Integer.toUnsignedString(lastTransaction));
    }

    private byte[] end(Message request) throws XenstoreError {
        String how = request.string();
        if (!how.equals("T") && !how.equals("F")) {
            throw new XenstoreError(Code.EINVAL);
        }
        View view = transaction(request);
        transactions.remove(request.transactionId());
        if (how.equals("T") && !store.commit(view)) {
            created -= view.created();
            throw new XenstoreError(Code.EAGAIN);
        }
        return OK;
    }

    private byte[] watch(List<String> words) throws XenstoreError {
        if (words.size() != 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        Watch watch = asWatch(words.get(0), words.get(1));
        if (find(watch) != null) {
            throw new XenstoreError(Code.EEXIST);
        }
        if (watches.size() >= MOST_WATCHES) {
            throw new XenstoreError(Code.E2BIG);
        }
        watches.add(watch);
        return OK;
    }

    private Watch asWatch(String path, String token) throws XenstoreError {
        if (path.startsWith("@")) {
            return new Watch(path, token, "");
        }
        return new Watch(
                StorePath.resolve(path, home), token, path.startsWith("/") ? "" : home + "/");
    }

    private @Nullable Watch find(Watch like) {
        for (Watch w : watches) {
            if (w.path().equals(like.path()) && w.token().equals(like.token())) {
                return w;
            }
        }
        return null;
    }

    private byte[] unwatch(List<String> words) throws XenstoreError {
        if (words.size() < 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        Watch watch = find(asWatch(words.get(0), words.get(1)));
        if (watch == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        watches.remove(watch);
        return OK;
    }

    private byte[] reset() {
        watches.clear();
        transactions.clear();
        return OK;
    }

    /**
     * Tells the domain of a change if it watches it and may know of it.
     *
     * @param before the tree before the change, which holds what was removed
     */
    void fire(String changed, boolean removed, Node before, Node after) {
        for (Watch w : watches) {
            String told = Watch.told(w.path(), changed, removed, before);
            if (told != null && mayKnow(told, removed ? before : after)) {
                event(w, w.seen(told));
            }
        }
    }

    /** Tells the domain of a special event if it watches it. */
    void special(String name) {
        for (Watch w : watches) {
            if (w.path().equals(name)) {
                event(w, name);
            }
        }
    }

    private boolean mayKnow(String path, Node root) {
        Node node = View.find(root, path);
        return node == null || node.permissions().mayRead(domid);
    }

    private void event(Watch watch, String path) {
        outgoing.add(
                new Message(Message.WATCH_EVENT, 0, 0, Message.terminated(path, watch.token())));
    }
}
