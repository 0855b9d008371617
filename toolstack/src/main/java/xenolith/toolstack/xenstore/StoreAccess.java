package xenolith.toolstack.xenstore;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tree as tools of domain 0 read and write it: absolute paths, values as text (UTF-8). A change
 * of a {@link Store} is seen by everybody at once; those of a {@link Store#transaction} together.
 * On the host's thread. A path or a permission that cannot be is the caller's mistake and an {@link
 * IllegalStateException}.
 */
public interface StoreAccess {
    /** The value of {@code path}, or null if it is not there. */
    @Nullable String read(String path);

    /** Whether {@code path} is there. */
    default boolean exists(String path) {
        return read(path) != null;
    }

    /** The value of {@code path}, or {@code otherwise} if it is not there. */
    default String read(String path, String otherwise) {
        String value = read(path);
        return value == null ? otherwise : value;
    }

    /** The names below {@code path} in order of making; none if it is not there. */
    List<String> directory(String path);

    /** The permissions of {@code path}, or null if it is not there. */
    @Nullable Permissions permissions(String path);

    /**
     * Writes {@code value} to {@code path}. What is missing on the way is made with the permissions
     * of the node above it.
     */
    void write(String path, String value);

    /** As {@link #write(String, String)}, and sets permissions such as "n0", "r1", owner first. */
    default void write(String path, String value, String... permissions) {
        write(path, value);
        permit(path, permissions);
    }

    /** Makes {@code path} with an empty value unless it is there. */
    default void mkdir(String path, String... permissions) {
        if (!exists(path)) {
            write(path, "", permissions);
        }
    }

    /** Sets the permissions of {@code path}, such as "n0", "r1", owner first. */
    void permit(String path, String... permissions);

    /** Removes {@code path} and all below it; does nothing if it is not there. */
    void remove(String path);
}
