package xenolith.toolstack.xenstore;

import java.util.ArrayList;
import java.util.List;
import xenolith.toolstack.xenstore.XenstoreError.Code;

/** The rules for paths (docs/misc/xenstore.txt): letters, digits and {@code -/_@}. */
final class StorePath {
    private static final int MOST_ABSOLUTE = 3072;
    private static final int MOST_RELATIVE = 2048;

    private StorePath() {}

    /** {@code path}, made absolute below {@code home} if it is relative. */
    static String resolve(String path, String home) throws XenstoreError {
        check(path);
        if (home.isEmpty() && !path.startsWith("/")) {
            throw new XenstoreError(Code.EINVAL);
        }
        return path.startsWith("/") ? path : home + "/" + path;
    }

    private static void check(String path) throws XenstoreError {
        boolean absolute = path.startsWith("/");
        if (path.isEmpty()
                || path.length() > (absolute ? MOST_ABSOLUTE : MOST_RELATIVE)
                || path.contains("//")
                || path.length() > 1 && path.endsWith("/")
                || !path.chars().allMatch(StorePath::allowed)) {
            throw new XenstoreError(Code.EINVAL);
        }
    }

    private static boolean allowed(int c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '/'
                || c == '_'
                || c == '@';
    }

    /** The names on the way from the root; none for the root. */
    static List<String> names(String path) {
        List<String> names = new ArrayList<>();
        for (int at = 1; at < path.length(); ) {
            int slash = path.indexOf('/', at);
            int end = slash < 0 ? path.length() : slash;
            names.add(path.substring(at, end));
            at = end + 1;
        }
        return names;
    }

    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    /** Whether {@code path} is {@code ancestor} or lies below it. */
    static boolean within(String path, String ancestor) {
        return path.equals(ancestor)
                || ancestor.equals("/") && path.startsWith("/")
                || path.startsWith(ancestor)
                        && path.length() > ancestor.length()
                        && path.charAt(ancestor.length()) == '/';
    }
}
