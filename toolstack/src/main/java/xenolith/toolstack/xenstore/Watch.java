package xenolith.toolstack.xenstore;

/**
 * A watch of a guest.
 *
 * @param path absolute, or a special one such as {@code @releaseDomain}
 * @param token the guest's own name of it
 * @param relativeTo what is cut off the paths of events because the guest gave a relative one, else
 *     empty
 */
record Watch(String path, String token, String relativeTo) {
    /** The path as the guest knows it. */
    String seen(String changed) {
        return !relativeTo.isEmpty() && changed.startsWith(relativeTo)
                ? changed.substring(relativeTo.length())
                : changed;
    }
}
