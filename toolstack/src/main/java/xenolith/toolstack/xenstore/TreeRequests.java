package xenolith.toolstack.xenstore;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/** The requests that read and change nodes. */
final class TreeRequests {
    private static final byte[] OK = Message.terminated("OK");

    private TreeRequests() {}

    static boolean knows(int type) {
        return switch (type) {
            case Message.DIRECTORY,
                    Message.READ,
                    Message.GET_PERMS,
                    Message.WRITE,
                    Message.MKDIR,
                    Message.RM,
                    Message.SET_PERMS,
                    Message.DIRECTORY_PART ->
                    true;
            default -> false;
        };
    }

    /** The payload of the reply to {@code request}, whose relative paths begin at {@code home}. */
    static byte[] answer(Message request, View view, String home) throws XenstoreError {
        switch (request.type()) {
            case Message.READ -> {
                return view.readable(path(request, home)).value();
            }
            case Message.DIRECTORY -> {
                return names(view.readable(path(request, home)));
            }
            case Message.DIRECTORY_PART -> {
                return part(request.strings(), view, home);
            }
            case Message.GET_PERMS -> {
                return Message.terminated(
                        view.readable(path(request, home)).permissions().entries().stream()
                                .map(Permissions.Entry::toString)
                                .toArray(String[]::new));
            }
            case Message.WRITE -> write(request, view, home);
            case Message.MKDIR -> view.mkdir(path(request, home));
            case Message.RM -> view.remove(path(request, home));
            case Message.SET_PERMS -> permit(request.strings(), view, home);
            default -> throw new IllegalStateException("no request of the tree");
        }
        return OK;
    }

    private static String path(Message request, String home) throws XenstoreError {
        return StorePath.resolve(request.string(), home);
    }

    private static void write(Message request, View view, String home) throws XenstoreError {
        byte[] payload = request.payload();
        int nul = 0;
        while (nul < payload.length && payload[nul] != 0) {
            nul++;
        }
        if (nul == payload.length) {
            throw new XenstoreError(Code.EINVAL);
        }
        String path = new String(payload, 0, nul, StandardCharsets.ISO_8859_1);
        byte[] value = Arrays.copyOfRange(payload, nul + 1, payload.length);
        view.write(StorePath.resolve(path, home), value);
    }

    private static void permit(List<String> words, View view, String home) throws XenstoreError {
        if (words.size() < 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        view.permit(
                StorePath.resolve(words.get(0), home),
                Permissions.of(words.subList(1, words.size())));
    }

    private static byte[] names(Node node) {
        return node.children().isEmpty()
                ? new byte[0]
                : Message.terminated(node.children().toArray(String[]::new));
    }

    /**
     * A piece of a long directory: generation, then names from an offset on; an empty name ends.
     */
    private static byte[] part(List<String> words, View view, String home) throws XenstoreError {
        if (words.size() != 2) {
            throw new XenstoreError(Code.EINVAL);
        }
        Node node = view.readable(StorePath.resolve(words.get(0), home));
        byte[] names = names(node);
        int wanted = Message.number(words.get(1));
        int offset = wanted < 0 ? names.length : Math.min(wanted, names.length);
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
}
