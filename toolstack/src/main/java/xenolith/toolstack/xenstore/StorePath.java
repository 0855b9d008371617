package xenolith.toolstack.xenstore;

/** The rules for paths (docs/misc/xenstore.txt): letters, digits and {@code -/_@}. */
final class StorePath {
    private static final String DOMAINS = "/local/domain/";

    private StorePath() {}

    /** {@code path}, made absolute below {@code home} if it is relative. */
    static String resolve(String path, String home) {
        return path.startsWith("/") || path.startsWith("@") ? path : home + "/" + path;
    }

    /**
     * Whether {@code path} is an absolute path as it should be.
     *
     * @param longest characters, not counting a domain's home
     */
    static boolean isValid(String path, int longest) {
        if (!path.startsWith("/")
                || path.length() > 1 && path.endsWith("/")
                || path.length() > longest + homeLength(path)) {
            return false;
        }
        for (int i = 0; i < path.length(); i++) {
            char c = path.charAt(i);
            if (!allowed(c) || c == '/' && i > 0 && path.charAt(i - 1) == '/') {
                return false;
            }
        }
        return true;
    }

    /** The length of {@code /local/domain/N/} at the start of {@code path}, or 0. */
    private static int homeLength(String path) {
        if (!path.startsWith(DOMAINS)) {
            return 0;
        }
        int at = DOMAINS.length();
        while (at < path.length() && Character.isDigit(path.charAt(at))) {
            at++;
        }
        boolean home =
                at > DOMAINS.length()
                        && at <= DOMAINS.length() + 5
                        && at < path.length()
                        && path.charAt(at) == '/';
        return home ? at + 1 : 0;
    }

    private static boolean allowed(char c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '/'
                || c == '_'
                || c == '@';
    }

    /** What is above {@code path}; the root above the root. */
    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash <= 0 ? "/" : path.substring(0, slash);
    }

    /** The last name of {@code path}. */
    static String name(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** {@code name} below {@code path}. */
    static String child(String path, String name) {
        return path.equals("/") ? "/" + name : path + "/" + name;
    }
}
