package xenolith.toolstack.xenstore;

import org.jspecify.annotations.Nullable;

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

    /**
     * The path that a watch of {@code watched} is told when {@code changed} has changed, or null if
     * that is none of its business.
     *
     * @param removed with all below it, which was in the tree {@code before}
     */
    static @Nullable String told(String watched, String changed, boolean removed, Node before) {
        if (StorePath.within(changed, watched)) {
            return changed;
        }
        boolean gone =
                removed && StorePath.within(watched, changed) && View.find(before, watched) != null;
        return gone ? watched : null;
    }
}
