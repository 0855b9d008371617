package xenolith.toolstack.xenstore;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Domain 0's access to a {@link View}. */
final class StoreTransaction implements StoreAccess {
    private final View view;

    StoreTransaction(View view) {
        this.view = view;
    }

    /** What is done to the view; domain 0 is refused nothing but what cannot be. */
    @FunctionalInterface
    private interface Work {
        void run() throws XenstoreError;
    }

    private static void done(String path, Work work) {
        try {
            work.run();
        } catch (XenstoreError e) {
            throw mistake(path, e);
        }
    }

    private static IllegalStateException mistake(String path, XenstoreError e) {
        return new IllegalStateException("xenstore: " + path + ": " + e.code(), e);
    }

    private @Nullable Node node(String path) {
        try {
            return view.node(path);
        } catch (XenstoreError e) {
            throw mistake(path, e);
        }
    }

    @Override
    public @Nullable String read(String path) {
        Node node = node(path);
        return node == null ? null : new String(node.value(), StandardCharsets.UTF_8);
    }

    @Override
    public List<String> directory(String path) {
        Node node = node(path);
        return node == null ? List.of() : List.copyOf(node.children());
    }

    @Override
    public @Nullable Permissions permissions(String path) {
        Node node = node(path);
        return node == null ? null : node.permissions();
    }

    @Override
    public void write(String path, String value) {
        done(path, () -> view.write(path, value.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void permit(String path, String... permissions) {
        done(path, () -> view.permit(path, Permissions.of(List.of(permissions))));
    }

    @Override
    public void remove(String path) {
        if (node(path) != null) {
            done(path, () -> view.remove(path));
        }
    }
}
