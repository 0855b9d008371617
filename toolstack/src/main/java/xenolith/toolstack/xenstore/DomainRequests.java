package xenolith.toolstack.xenstore;

import java.util.List;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/** The requests of domain 0's tools about other domains. */
final class DomainRequests {
    private static final int DOMID_SELF = 0x7ff0;
    private static final byte[] OK = Message.terminated("OK");

    private DomainRequests() {}

    static byte[] answer(Message request, Store store) throws XenstoreError {
        switch (request.type()) {
            case Message.INTRODUCE -> introduce(request.strings(), store);
            case Message.RELEASE -> store.release(introduced(request, store).domid);
            case Message.RESUME -> store.resumed(introduced(request, store).domid);
            case Message.SET_TARGET -> target(request.strings(), store);
            case Message.IS_DOMAIN_INTRODUCED -> {
                int domid = Message.number(request.string());
                boolean is = domid == 0 || domid == DOMID_SELF || store.isIntroduced(domid);
                return Message.terminated(is ? "T" : "F");
            }
            default -> throw new IllegalStateException("no request about a domain");
        }
        return OK;
    }

    private static StoreDomain introduced(Message request, Store store) throws XenstoreError {
        int domid = Message.number(request.string());
        if (domid == 0) {
            throw new XenstoreError(Code.EINVAL);
        }
        return introduced(domid, store);
    }

    private static StoreDomain introduced(int domid, Store store) throws XenstoreError {
        StoreDomain d = store.domains().find(domid);
        if (d == null || d.connection == null) {
            throw new XenstoreError(Code.ENOENT);
        }
        return d;
    }

    /** Of a domain that is introduced already, it makes its connection as new. */
    private static void introduce(List<String> words, Store store) throws XenstoreError {
        if (words.size() < 3) {
            throw new XenstoreError(Code.EINVAL);
        }
        int domid = Message.number(words.get(0));
        int port = Message.number(words.get(2));
        if (port <= 0) {
            throw new XenstoreError(Code.EINVAL);
        }
        StoreDomain d = store.domains().find(domid);
        if (d != null && d.connection != null) {
            d.connection.reset();
        } else {
            store.host().introduce(domid, Message.number(words.get(1)), port);
        }
    }

    private static void target(List<String> words, Store store) throws XenstoreError {
        if (words.size() < 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        StoreDomain d = introduced(Message.number(words.get(0)), store);
        StoreDomain target = introduced(Message.number(words.get(1)), store);
        Connection c = d.connection;
        if (c != null) {
            c.caller().actFor(target.domid);
        }
    }
}
